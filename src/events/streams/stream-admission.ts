import { Injectable } from '@nestjs/common';
import { Environment } from '../../config/environment.js';
import { ProblemError } from '../../kernel/problem.js';
import { Readiness } from '../../kernel/readiness.js';
import { RemoteCounts } from './remote-counts.js';
import { StreamRegistry } from './stream-registry.js';

/** Decides whether one more stream may open. */
@Injectable()
export class StreamAdmission {
  constructor(
    private readonly registry: StreamRegistry,
    private readonly remote: RemoteCounts,
    private readonly readiness: Readiness,
    private readonly config: Environment,
  ) {}

  /** @throws ProblemError draining, too_many_streams */
  admit(principalId: string): void {
    if (this.readiness.draining) {
      throw new ProblemError(
        'draining',
        'This instance is shutting down. Connect again; another one will answer.',
        { retryAfterSec: 1 },
      );
    }
    const total = this.config.VX11_STREAMS_MAX;
    if (this.registry.size >= total) {
      throw new ProblemError(
        'too_many_streams',
        `This instance carries ${total} streams, the most it may. Try again later, or add an instance.`,
        { retryAfterSec: 5 },
      );
    }
    const open = this.registry.countOf(principalId) + this.remote.streamsOf(principalId);
    const perPrincipal = this.config.VX11_STREAMS_PER_PRINCIPAL;
    if (open >= perPrincipal) {
      throw new ProblemError(
        'too_many_streams',
        `This principal has ${perPrincipal} streams open, the most it may. Close some, or share one between tabs.`,
        { retryAfterSec: 5 },
      );
    }
  }
}
