import type { Revocations } from '../../auth/revocations.js';
import { BusUnavailable, type InstanceBus } from '../../instances/instance-bus.js';
import { ProblemError } from '../../kernel/problem.js';
import type { StreamCensus } from './stream-census.js';
import type { StreamRegistry } from './stream-registry.js';
import type { Stream } from './stream.js';

/** Streams that one instance lists, the newest ones. */
const LISTED = 1_000;
/** Milliseconds that the other instances may take to answer. */
const PATIENCE_MS = 1_000;
const LIST = 'streams.list';
const END = 'streams.end';
const TOKEN = 'streams.token-revoked';

/** One open stream, as administrators see it. */
export interface StreamRow {
  readonly id: string;
  /** The instance that carries it. */
  readonly instance: string;
  readonly principal_id: string;
  readonly credential: string;
  readonly filter: unknown;
  readonly address: string;
  readonly user_agent: string;
  readonly opened_at: string;
}

export interface StreamList {
  /** At most a thousand of each instance. */
  readonly streams: readonly StreamRow[];
  /** All that are open, listed or not. */
  readonly total: number;
  /** Instances that did not answer in time; their streams are missing. */
  readonly silent_instances: number;
}

interface Part {
  readonly streams: readonly StreamRow[];
  readonly total: number;
}

/** Whose streams end with a token; an administrator may end anybody's. */
interface RevokedToken {
  readonly hash: string;
  readonly ownerId?: string;
}

/** The streams of all instances: listing and ending them, wherever they are. */
export class StreamDirectory {
  constructor(
    private readonly registry: StreamRegistry,
    private readonly census: StreamCensus,
    private readonly bus: InstanceBus,
    revocations: Revocations,
  ) {
    bus.answer(LIST, () => this.own());
    bus.answer(END, (body) => ({ ended: this.endHere((body as { id: string }).id) }));
    bus.messages.subscribe(({ topic, body }) => {
      if (topic === TOKEN) this.endToken(body as RevokedToken);
    });
    revocations.revoked.subscribe((principalId) => this.endPrincipal(principalId));
  }

  /** @throws ProblemError instances_unreachable */
  async list(): Promise<StreamList> {
    const expected = this.census.instances;
    const parts = [this.own(), ...((await this.ask(LIST, {}, expected)) as Part[])];
    return {
      streams: parts.flatMap(({ streams }) => streams),
      total: parts.reduce((sum, { total }) => sum + total, 0),
      silent_instances: Math.max(0, expected + 1 - parts.length),
    };
  }

  /**
   * Ends one stream.
   * @throws ProblemError not_found, instances_unreachable
   */
  async end(id: string): Promise<void> {
    if (this.endHere(id)) return;
    const expected = this.census.instances;
    const answers = (await this.ask(END, { id }, expected)) as { ended: boolean }[];
    if (answers.some(({ ended }) => ended)) return;
    if (answers.length < expected) throw unreachable();
    throw new ProblemError('not_found', 'No stream has this id; it may have ended already.');
  }

  /**
   * Ends the streams that were opened with a token, which it may have outlived.
   * @param ownerId only streams of this principal
   * @throws ProblemError instances_unreachable
   */
  async endWithToken(hash: string, ownerId: string | undefined): Promise<void> {
    const revoked = { hash, ...(ownerId === undefined ? {} : { ownerId }) };
    this.endToken(revoked);
    await reaching(this.bus.send(TOKEN, revoked));
  }

  /** Streams that a principal has open on all instances, as far as this one has heard. */
  countOf(principalId: string): number {
    return (this.registry.counts.get(principalId) ?? 0) + this.census.elsewhere(principalId);
  }

  private own(): Part {
    const rows: StreamRow[] = [];
    const all = this.registry.all();
    for (const stream of all.slice(-LISTED)) rows.push(row(stream, this.bus.self));
    return { streams: rows, total: all.length };
  }

  private endHere(id: string): boolean {
    const stream = this.registry.get(id);
    stream?.goodbye('admin');
    return stream !== undefined;
  }

  private endToken({ hash, ownerId }: RevokedToken): void {
    this.registry.endWhere(
      ({ info: { access } }) =>
        access.tokenHash === hash && (ownerId === undefined || access.principalId === ownerId),
      'revoked',
    );
  }

  private endPrincipal(principalId: string): void {
    this.registry.endWhere(({ info }) => info.access.principalId === principalId, 'revoked');
  }

  private ask(topic: string, body: object, expected: number): Promise<readonly unknown[]> {
    return reaching(this.bus.ask({ topic, body, expected, timeoutMs: PATIENCE_MS }));
  }
}

async function reaching<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BusUnavailable) throw unreachable(error);
    throw error;
  }
}

function unreachable(cause?: unknown): ProblemError {
  return new ProblemError(
    'instances_unreachable',
    'Not every instance could be reached, and what was asked for may concern one that was not. Send the request again as Retry-After says.',
    { cause },
  );
}

function row({ id, info }: Stream, instance: string): StreamRow {
  return {
    id,
    instance,
    principal_id: info.access.principalId,
    credential: info.access.credential,
    filter: info.filter.specs,
    address: info.address,
    user_agent: info.userAgent,
    opened_at: new Date(info.openedAt).toISOString(),
  };
}
