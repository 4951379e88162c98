import { Injectable } from '@nestjs/common';
import { liesWithin } from '../../auth/filter-bounds.js';
import { PrincipalRights, restsOn, type EndedRight } from '../../auth/principal-rights.js';
import { TokenStreams, type EndScope } from '../../auth/token-streams.js';
import { BusUnavailable, InstanceBus } from '../../instances/instance-bus.js';
import { holds } from '../../http/text-query.js';
import type { FilterSpec } from '../../kernel/event-filter.js';
import { ProblemError } from '../../kernel/problem.js';
import { redactText } from '../../kernel/redaction.js';
import { StreamCensus } from './stream-census.js';
import { StreamRegistry } from './stream-registry.js';
import type { Stream } from './stream.js';

/** Most streams that one instance lists: the newest. */
const LISTED = 1_000;
/** Most characters of a client's name that are listed. */
const SHOWN_AGENT = 256;
/** Milliseconds to wait for the answers of the other instances. */
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
  /** Live events so far. */
  readonly events_delivered: number;
  /** Bytes that wait because the client does not read them. */
  readonly backlog_bytes: number;
}

export interface StreamList {
  /** Those that match, at most a thousand of each instance. */
  readonly streams: readonly StreamRow[];
  /** Number of all open streams, including those that are not listed. */
  readonly total: number;
  /** Number of those that match, listed or not. */
  readonly matching: number;
  /** Instances that did not answer in time; their streams are missing. */
  readonly silent_instances: number;
}

interface Part {
  readonly streams: readonly StreamRow[];
  readonly total: number;
  /** An instance of an older version does not search, and does not say. */
  readonly matching?: number;
}

interface ListQuestion {
  readonly bounds: Bounds;
  readonly text?: string;
}

type RevokedToken = EndScope & { readonly hashes: readonly string[] };

/** The filter that limits what the administrator sees; empty: no limit. */
type Bounds = readonly FilterSpec[];

/** Lists and ends the streams of all instances. */
@Injectable()
export class StreamDirectory extends TokenStreams {
  constructor(
    private readonly registry: StreamRegistry,
    private readonly census: StreamCensus,
    private readonly bus: InstanceBus,
    rights: PrincipalRights,
  ) {
    super();
    bus.answer(LIST, (body) => this.own(body as ListQuestion));
    bus.answer(END, (body) => {
      const { id, bounds } = body as { id: string; bounds: Bounds };
      return { owner: this.endHere(id, bounds) };
    });
    bus.on(TOKEN, (body) => this.endToken(body as RevokedToken));
    rights.ended.subscribe((right) => this.endRight(right));
    rights.changed.subscribe((principalId) => this.endWider(principalId, rights));
  }

  /**
   * Lists the streams whose credential has a filter within the bounds.
   * @param text in lower case; only the streams that hold it. Empty: all
   * @throws ProblemError instances_unreachable
   */
  async list(bounds: Bounds, text: string): Promise<StreamList> {
    const expected = this.census.peerCount;
    const question: ListQuestion = { bounds, text };
    const parts = [this.own(question), ...((await this.ask(LIST, question, expected)) as Part[])];
    return {
      streams: parts.flatMap(({ streams }) => streams.filter((one) => holds(wordsOf(one), text))),
      total: parts.reduce((sum, { total }) => sum + total, 0),
      matching: parts.reduce((sum, { total, matching = total }) => sum + matching, 0),
      silent_instances: Math.max(0, expected + 1 - parts.length),
    };
  }

  /**
   * Ends one stream. Resolves to its principal.
   * @throws ProblemError not_found, also for a stream outside the bounds; instances_unreachable
   */
  async end(id: string, bounds: Bounds): Promise<string> {
    const own = this.endHere(id, bounds);
    if (own !== undefined) return own;
    const expected = this.census.peerCount;
    const answers = (await this.ask(END, { id, bounds }, expected)) as { owner?: string }[];
    const other = answers.find(({ owner }) => owner !== undefined)?.owner;
    if (other !== undefined) return other;
    if (answers.length < expected) throw unreachable();
    throw new ProblemError('not_found', 'No stream has this id; it may have ended already.');
  }

  async endWithToken(hashes: readonly string[], scope: EndScope): Promise<void> {
    const revoked = { hashes, ...scope };
    this.endToken(revoked);
    await reaching(this.bus.send(TOKEN, revoked));
  }

  get moment(): number {
    return this.registry.moment;
  }

  countOf(principalId: string): number {
    return this.registry.countOf(principalId) + this.census.streamsOf(principalId);
  }

  private own({ bounds, text = '' }: ListQuestion): Part {
    const all = this.registry.all().filter((stream) => isInside(stream, bounds));
    const rowOf = (stream: Stream) => row(stream, this.bus.self);
    if (text === '') {
      return { streams: all.slice(-LISTED).map(rowOf), total: all.length, matching: all.length };
    }
    // Masking the names of all clients would cost more than looking at what they sent first.
    const matching = all
      .filter(({ id, info: { access, address, userAgent } }) =>
        holds([access.principalId, access.credential, address, userAgent, this.bus.self, id], text),
      )
      .map(rowOf)
      .filter((one) => holds(wordsOf(one), text));
    return { streams: matching.slice(-LISTED), total: all.length, matching: matching.length };
  }

  /** @returns the principal of the stream that was ended */
  private endHere(id: string, bounds: Bounds): string | undefined {
    const stream = this.registry.get(id);
    if (!stream || !isInside(stream, bounds)) return undefined;
    stream.goodbye('admin');
    return stream.info.access.principalId;
  }

  private endToken({ hashes, ownerId, within = [] }: RevokedToken): void {
    this.registry.endWhere((stream) => {
      const { tokenHash, principalId } = stream.info.access;
      const isOwn = ownerId === undefined || principalId === ownerId;
      const isOpenedWith = tokenHash !== undefined && hashes.includes(tokenHash);
      return isOpenedWith && isOwn && isInside(stream, within);
    }, 'revoked');
  }

  private endRight(right: EndedRight): void {
    this.registry.endWhere(({ info }) => restsOn(info.access, right), right.reason);
  }

  /**
   * Ends the streams that read more than their principal may read now. Their clients come
   * back with new tokens, and resume within the new rights.
   */
  private endWider(principalId: string, rights: PrincipalRights): void {
    this.registry.endWhere(({ info: { access } }) => {
      if (access.principalId !== principalId || access.credentialHash === undefined) return false;
      const today = rights.withCredential(access.credentialHash);
      // Without the credential, the right itself has ended.
      if (!today) return false;
      const filter = today.filter === undefined ? [] : [today.filter];
      return !today.scopes.has('events:read') || !liesWithin(access.filter.specs, filter);
    }, 'expired');
  }

  private ask(topic: string, body: object, expected: number): Promise<readonly unknown[]> {
    return reaching(this.bus.ask({ topic, body, expected, timeoutMs: PATIENCE_MS }));
  }
}

/** Compares the filter of the credential that opened the stream; the filter in the query does not count. */
function isInside({ info }: Stream, bounds: Bounds): boolean {
  return liesWithin(info.access.filter.specs, bounds);
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
    'Not every instance answered. The stream or principal may belong to one that did not. Send the request again after the time in Retry-After.',
    { cause },
  );
}

function wordsOf(row: StreamRow): string[] {
  return [row.principal_id, row.credential, row.address, row.user_agent, row.instance, row.id];
}

function row(stream: Stream, instance: string): StreamRow {
  const { id, info } = stream;
  return {
    id,
    instance,
    principal_id: info.access.principalId,
    credential: info.access.credential,
    filter: info.shownFilter,
    address: info.address,
    // Cut after masking: half of a credential would not be recognised.
    user_agent: redactText(info.userAgent.slice(0, 2 * SHOWN_AGENT)).slice(0, SHOWN_AGENT),
    opened_at: new Date(info.openedAt).toISOString(),
    events_delivered: stream.delivered,
    backlog_bytes: stream.backlogBytes,
  };
}
