import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import {
  SecurityEvents,
  type PrincipalAct,
  type PrincipalDecision,
  type Suspicion,
} from '../../auth/security-events.js';
import type { CredentialKind } from '../../auth/token-metrics.js';
import { Clock } from '../../kernel/clock.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { Burst } from './burst.js';
import { EventLog } from '../log/event-log.js';
import { encode, SYSTEM_PUBLISHER, type Severity } from '../event.js';
import type { EndReason } from '../end-reason.js';
import { EventMetrics } from '../event-metrics.js';

/** What is suspicious, for people: # is the count, * the subject, @ the number of addresses. */
const SUSPICIONS: Readonly<
  Record<Suspicion['pattern'], Partial<Record<Suspicion['why'], string>>>
> = {
  failed_attempts: {
    one_address: '# attempts with wrong tokens from *',
    many_addresses: '# attempts with wrong tokens from @ addresses',
    missing_scope: '* tried # times what its scopes do not allow',
  },
  repeated_replays: { one_principal: '# tokens of * were presented by second clients' },
  fallback_addresses: {
    many_addresses: '* opened # streams with its principal token from @ addresses',
  },
  unused_tokens: { one_principal: '# tokens were issued to * and almost none was used' },
  unusual_administration: {
    many_acts: '* changed principals, streams or tokens # times',
    new_address: '* administers from an address that is new for it',
  },
};
/** The alert that each pattern raises, which is the heading of its runbook. */
const RUNBOOKS: Readonly<Record<Suspicion['pattern'], string>> = {
  failed_attempts: 'FailedAttempts',
  repeated_replays: 'TokensReplayed',
  fallback_addresses: 'PrincipalTokenFromManyAddresses',
  unused_tokens: 'IssuedTokensUnused',
  unusual_administration: 'UnusualAdministration',
};

/** The source of the product's own events. */
const SOURCE = SYSTEM_PUBLISHER;

/** What an administrator did, for people; the star stands for the principal. */
const PRINCIPAL_ACTS: Readonly<Record<PrincipalAct, string>> = {
  created: 'created the principal *',
  changed: 'changed what * may do',
  rotated: 'gave * a new token',
  deleted: 'deleted *; its tokens and streams ended',
  disabled: 'disabled *; its tokens and streams ended',
  revoked: 'revoked *; its tokens and streams ended',
  restored: 'restored *; its credentials are valid again',
};

interface SystemEvent {
  readonly type: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly data?: Record<string, unknown>;
  readonly correlationId?: string;
}

/** Data of the event that a stream has opened. */
export interface OpenedStream {
  readonly streamId: string;
  readonly principalId: string;
  readonly credential: CredentialKind;
}

export interface ClosedStream extends OpenedStream {
  readonly reason: EndReason;
  /** How long it was open. */
  readonly seconds: number;
}

interface Opening {
  readonly stream_id: string;
  readonly principal_id: string;
  readonly credential: string;
}

type Closing = Opening & { readonly reason: EndReason; readonly seconds: number };
interface Replay {
  readonly principal_id: string;
  readonly address: string;
  readonly user_agent: string;
  readonly correlation_id: string;
}

/**
 * Publishes events about the product itself: streams, principals, services, the store. A
 * new system so has real events before any client publishes. A burst becomes one event
 * with a count. No event reports the delivery of events: each would cause the next one.
 */
@Injectable()
export class SystemEvents extends SecurityEvents {
  private readonly openings = new Burst<Opening>((items, count) =>
    this.summed(items, count, {
      type: 'vx11.stream.opened',
      severity: 'info',
      one: (item) => `${item.principal_id} opened a stream with its ${item.credential} token`,
      many: `${count} streams opened within a second`,
    }),
  );
  private readonly closings = new Burst<Closing>((items, count) =>
    this.summed(items, count, {
      type: 'vx11.stream.closed',
      severity: 'info',
      one: (item) => `A stream of ${item.principal_id} ended: ${item.reason}`,
      many: `${count} streams ended within a second`,
    }),
  );
  private readonly replays = new Burst<Replay>((items, count) =>
    this.summed(items, count, {
      type: 'vx11.security.token_replayed',
      severity: 'critical',
      one: (item) =>
        `A token of ${item.principal_id} was presented by a second client and refused; revoke the principal if that client must not have it`,
      many: `${count} tokens were presented by second clients within a second and refused`,
    }),
  );

  constructor(
    private readonly log: EventLog,
    private readonly metrics: EventMetrics,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  streamOpened(opened: OpenedStream): void {
    this.openings.add(openingOf(opened));
  }

  streamClosed({ reason, seconds, ...opened }: ClosedStream): void {
    this.closings.add({ ...openingOf(opened), reason, seconds: Math.round(seconds * 10) / 10 });
  }

  tokenReplayed(incident: Parameters<SecurityEvents['tokenReplayed']>[0]): void {
    this.replays.add({
      principal_id: incident.principalId,
      address: incident.address,
      user_agent: incident.userAgent.slice(0, 256),
      correlation_id: incident.correlationId,
    });
  }

  refreshReused(incident: Parameters<SecurityEvents['refreshReused']>[0]): void {
    const { principalId, address, userAgent, correlationId } = incident;
    void this.publish({
      type: 'vx11.security.refresh_reused',
      severity: 'critical',
      summary: `A refresh token of ${principalId} was used twice; its session and streams ended`,
      data: { principal_id: principalId, address, user_agent: userAgent.slice(0, 256) },
      correlationId,
    });
  }

  suspected(suspicion: Suspicion, others: number): void {
    const { pattern, why, subject, count, addresses, address, windowSec } = suspicion;
    const words = SUSPICIONS[pattern][why] ?? '*: #';
    const who =
      why === 'one_address'
        ? { address: subject }
        : why === 'many_addresses' && pattern === 'failed_attempts'
          ? {}
          : { principal_id: subject };
    void this.publish({
      type: `vx11.security.${pattern}`,
      severity: pattern === 'repeated_replays' ? 'critical' : 'error',
      summary: `${words.replace(/[#*@]/g, (sign) =>
        sign === '#' ? String(count) : sign === '@' ? String(addresses) : subject,
      )} within ${windowSec / 60} minutes`,
      data: {
        why,
        ...who,
        ...(address === undefined ? {} : { address }),
        count,
        addresses,
        window_sec: windowSec,
        ...(others > 0 ? { others } : {}),
        runbook: RUNBOOKS[pattern],
      },
    });
  }

  principalActed(act: PrincipalAct, { principalId, by, correlationId }: PrincipalDecision): void {
    void this.publish({
      type: `vx11.security.principal_${act}`,
      severity: 'warn',
      summary: `${by} ${PRINCIPAL_ACTS[act].replace('*', principalId)}`,
      data: { principal_id: principalId, by },
      correlationId,
    });
  }

  service(name: string, status: 'up' | 'down', data: Record<string, unknown> = {}): Promise<void> {
    return this.publish({
      type: `vx11.service.${status}`,
      severity: status === 'up' ? 'info' : 'error',
      summary: status === 'up' ? `${name} is up` : `${name} is down`,
      data: { service: name, status, ...data },
    });
  }

  /** The store stopped answering, or answers again. */
  store(state: 'lost' | 'back', store: string, data: Record<string, unknown> = {}): Promise<void> {
    return this.publish({
      type: `vx11.store.${state}`,
      severity: 'warn',
      summary: state === 'lost' ? `The ${store} does not answer` : `The ${store} answers again`,
      data: { store, ...data },
    });
  }

  draining(streams: number): Promise<void> {
    this.openings.flush();
    this.replays.flush();
    return this.publish({
      type: 'vx11.drain',
      severity: 'warn',
      summary: `operator-backend is shutting down; ${streams} streams get a goodbye and reconnect`,
      data: { streams },
    });
  }

  /** Publishes the sums of the last second, while the log is still open. */
  drained(): void {
    this.openings.flush();
    this.closings.flush();
    this.replays.flush();
  }

  private summed<Item extends object>(
    items: readonly Item[],
    count: number,
    words: { type: string; severity: Severity; one: (item: Item) => string; many: string },
  ): void {
    const [first] = items;
    if (!first) return;
    void this.publish({
      type: words.type,
      severity: words.severity,
      summary: count === 1 ? words.one(first) : words.many,
      data: count === 1 ? { count, ...first } : { count, examples: items.slice(0, 5) },
    });
  }

  /** An append that fails is only logged: the action that the event reports has succeeded. */
  private async publish(event: SystemEvent): Promise<void> {
    const { type, severity, summary, data, correlationId } = event;
    try {
      await this.log.append([
        encode(
          SYSTEM_PUBLISHER,
          {
            specversion: '1.0',
            id: randomUUID(),
            source: SOURCE,
            type,
            time: new Date(this.clock.now()).toISOString(),
            severity,
            module: 'operator-backend',
            correlationid: correlationId,
            datacontenttype: 'application/json',
            data: { summary, ...data },
          },
          false,
        ),
      ]);
      this.metrics.published(severity);
    } catch (err) {
      this.logger.warn({ err, type, summary }, 'a system event could not be appended to the log');
    }
  }
}

function openingOf({ streamId, principalId, credential }: OpenedStream): Opening {
  return { stream_id: streamId, principal_id: principalId, credential };
}
