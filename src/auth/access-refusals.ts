import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AuditTrail } from '../audit/audit-trail.js';
import { ProblemError } from '../kernel/problem.js';

/** What a guard does with a request that it refuses: it is audited before the answer. */
@Injectable()
export class AccessRefusals {
  constructor(private readonly audit: AuditTrail) {}

  /** @param actor the principal, when its token is valid and its rights do not suffice */
  async refuse(req: Request, error: unknown, actor: string | undefined): Promise<never> {
    if (error instanceof ProblemError && error.code !== 'auth_required') {
      await this.audit.record({
        action: 'access.refused',
        actor,
        reason: error.code,
        address: req.ip,
        correlationId: req.correlationId,
      });
    }
    throw error;
  }
}
