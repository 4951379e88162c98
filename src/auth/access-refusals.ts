import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AuditTrail } from '../audit/audit-trail.js';
import { ProblemError } from '../kernel/problem.js';
import type { Scope } from './principal.js';
import { Refusals } from './refusals.js';
import { RequestLimits, type LimitedAct } from './request-limits.js';

/** The limited act of the routes that need each scope. */
const ACTS: Readonly<Partial<Record<Scope, LimitedAct>>> = {
  'events:publish': 'publish',
  'streams:admin': 'admin',
  'audit:read': 'admin',
};

/** Limits requests, and audits and counts refusals, for the guards of operator-backend. */
@Injectable()
export class AccessRefusals extends Refusals {
  constructor(
    private readonly audit: AuditTrail,
    private readonly limits: RequestLimits,
  ) {
    super();
  }

  limit(req: Request, principalId: string, scope: Scope | undefined): Promise<void> | undefined {
    const act = scope && ACTS[scope];
    return act && this.limits.admit(act, limited(req, principalId));
  }

  /** @throws ProblemError rate_limited */
  limitOpening(req: Request, principalId: string): Promise<void> | undefined {
    return this.limits.admit('open', limited(req, principalId));
  }

  async refuse(req: Request, error: unknown, actor: string | undefined): Promise<void> {
    if (!(error instanceof ProblemError) || IGNORED.has(error.code)) return;
    await this.record('access.refused', req, error, actor);
    if (actor === undefined) await this.count(req, error);
  }

  /**
   * As `refuse`, for the cookie of a session: it can be guessed like a token.
   * @throws ProblemError rate_limited
   */
  async refuseSession(req: Request, error: unknown): Promise<void> {
    if (!(error instanceof ProblemError) || error.code !== 'invalid_token') return;
    await this.record('session.refused', req, error, undefined);
    await this.count(req, error);
  }

  /** @throws ProblemError rate_limited */
  async count(req: Request, error: unknown): Promise<void> {
    const isWrong = error instanceof ProblemError && error.code === 'invalid_token';
    if (isWrong) await this.limits.failed(req.ip ?? '', req.correlationId);
  }

  private record(
    action: 'access.refused' | 'session.refused',
    req: Request,
    error: ProblemError,
    actor: string | undefined,
  ): Promise<void> {
    return this.audit.record({
      action,
      actor,
      reason: error.code,
      address: req.ip,
      correlationId: req.correlationId,
    });
  }
}

/**
 * Codes that are not recorded here: no credential was tried, or the refusal is in the trail
 * already.
 */
const IGNORED: ReadonlySet<string> = new Set(['auth_required', 'rate_limited']);

function limited(req: Request, principalId: string) {
  return { principalId, address: req.ip ?? '', correlationId: req.correlationId };
}
