import { Injectable } from '@nestjs/common';
import { clientOf } from '../../kernel/network.js';
import { Environment } from '../../config/environment.js';
import type { EventFilter } from '../../kernel/event-filter.js';
import { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { Readiness } from '../../kernel/readiness.js';
import { CrowdPacing } from './crowd-pacing.js';
import { RemoteCounts } from './remote-counts.js';
import { StreamRegistry } from './stream-registry.js';

/** Decides whether a new stream may open. */
@Injectable()
export class StreamAdmission {
  private readonly pacing: CrowdPacing;

  constructor(
    private readonly registry: StreamRegistry,
    private readonly remote: RemoteCounts,
    private readonly readiness: Readiness,
    private readonly config: Environment,
    clock: Clock,
  ) {
    this.pacing = new CrowdPacing(clock);
  }

  /**
   * What needs no credential, so that a crowd in front of a full instance costs little.
   * @throws ProblemError draining, too_many_streams
   */
  requireRoom(): void {
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
        {
          retryAfterSec: this.pacing.refused(),
          limit: { name: 'streams-instance', quota: total },
        },
      );
    }
  }

  /** @throws ProblemError draining, too_many_streams, too_many_filters */
  admit(principalId: string, filter: EventFilter, address: string): void {
    this.requireRoom();
    const open = this.registry.countOf(principalId) + this.remote.streamsOf(principalId);
    const perPrincipal = this.config.VX11_STREAMS_PER_PRINCIPAL;
    if (open >= perPrincipal) {
      throw new ProblemError(
        'too_many_streams',
        `This principal has ${perPrincipal} streams open, the most it may. Close some, or share one between tabs.`,
        { retryAfterSec: 5, limit: { name: 'streams-principal', quota: perPrincipal } },
      );
    }
    const perAddress = this.config.VX11_STREAMS_PER_ADDRESS;
    const client = clientOf(address);
    if (this.registry.countFrom(client) + this.remote.streamsFrom(client) >= perAddress) {
      throw new ProblemError(
        'too_many_streams',
        `This address has ${perAddress} streams open, the most it may. Close some, or raise VX11_STREAMS_PER_ADDRESS.`,
        { retryAfterSec: 5, limit: { name: 'streams-address', quota: perAddress } },
      );
    }
    const most = this.config.VX11_FILTER_VALUES_PER_PRINCIPAL;
    if (this.registry.filterValuesWith(principalId, filter) > most) {
      throw new ProblemError(
        'too_many_filters',
        `The different filters of this principal's streams may have ${most} values on one instance. Close some streams, or open them with equal filters.`,
        { retryAfterSec: 5 },
      );
    }
  }
}
