import { setTimeout as delay } from 'node:timers/promises';
import { Subject } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';
import { FEED_HEARTBEAT_MS, FEED_PATH } from './feed.js';
import { parseEntries, Replica, ReplicaTable, type Entry, type EntryKind } from './replica.js';

/** An operator-backend does not accept this gateway's signature. */
class FeedRefused extends Error {
  constructor() {
    super(
      'operator-backend refuses to stream its revocations to the gateway, which therefore refuses every principal of /madre, /switch and /hermes: set VX11_HOP_KEYS to the same key on both, and compare their clocks.',
    );
  }
}

/** A feed that is silent for this long is replaced by a new connection. Milliseconds. */
const SILENT_MS = 3 * FEED_HEARTBEAT_MS;
const RECONNECT_MS = 250;
/** After a refusal, which only new keys or another clock can end. */
const RECONNECT_REFUSED_MS = 5_000;
/** How long a start waits for the feeds. */
const FIRST_MS = 1_000;
/** Characters of one line; a decision takes about 170, a principal with a filter up to 16,000. */
const LONGEST_LINE = 64 * 1024 * 1024;

export interface FeedSettings {
  /** Base URLs of the operator-backend instances. */
  readonly urls: readonly string[];
  /** Milliseconds for which the last known state is trusted once no feed is connected. */
  readonly graceMs: number;
  /** Headers that prove to a backend that the request for this URL comes from the gateway. */
  readonly headers: (url: string) => Readonly<Record<string, string>>;
}

/**
 * The backends' tables as a gateway follows them: one connection to the feed of each
 * instance. Copies merge, so one reachable instance is enough, and a frozen one delays
 * nothing.
 */
export class BackendFeeds {
  private readonly stopping = new AbortController();
  private readonly followers = new Map<string, (rows: unknown) => void>();
  /** When a feed last delivered anything, monotonic milliseconds. */
  private heardAt = -Infinity;

  constructor(
    private readonly settings: FeedSettings,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Whether a feed delivered anything within the grace period. */
  get known(): boolean {
    return this.clock.monotonic() - this.heardAt <= this.settings.graceMs;
  }

  /** Passes on every list of this name; call it before `start`. */
  onList(name: string, take: (rows: unknown) => void): void {
    this.followers.set(name, take);
  }

  /** Resolves once each feed has answered or failed for the first time, but within a second. */
  async start(): Promise<void> {
    const { signal } = this.stopping;
    const first = this.settings.urls.map((url) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      void this.follow(url, resolve);
      return promise;
    });
    const late = delay(FIRST_MS, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([Promise.all(first), late]);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async follow(url: string, tried: () => void): Promise<void> {
    let connected = false;
    let refused = false;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.read(url, () => {
          if (!connected) this.logger.info({ upstream: url }, 'following its revocations');
          connected = true;
          refused = false;
          tried();
        });
      } catch (err) {
        if (signal.aborted) return;
        if (err instanceof FeedRefused) {
          if (!refused) this.logger.warn({ upstream: url }, err.message);
          refused = true;
        } else {
          refused = false;
          if (connected) this.logger.warn({ upstream: url, err }, 'the revocation feed broke off');
        }
        connected = false;
      }
      tried();
      const wait = refused ? RECONNECT_REFUSED_MS : RECONNECT_MS;
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Resolves when the feed has ended. @throws when it breaks off, or is silent for too long */
  private async read(url: string, onFirst: () => void): Promise<void> {
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(new Error('silent')), SILENT_MS).unref();
    try {
      const feed = `${url}/${FEED_PATH}`;
      const answer = await fetch(feed, {
        signal: AbortSignal.any([this.stopping.signal, silence.signal]),
        headers: this.settings.headers(feed),
        redirect: 'error',
      });
      if (answer.status !== 200 || !answer.body) {
        await answer.body?.cancel();
        if (answer.status === 401) throw new FeedRefused();
        throw new Error(`status ${answer.status}`);
      }
      for await (const line of lines(answer.body)) {
        watchdog.refresh();
        if (line !== '') this.take(JSON.parse(line) as unknown);
        this.heardAt = this.clock.monotonic();
        onFirst();
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** A line holds lists by name. An older backend sends the list of revocations alone. */
  private take(line: unknown): void {
    const lists = new Map(
      Object.entries(Array.isArray(line) ? { revocations: line } : Object(line)),
    );
    if (![...this.followers.keys()].some((name) => Array.isArray(lists.get(name)))) {
      throw new Error('the feed holds no list');
    }
    for (const [name, take] of this.followers) take(lists.get(name));
  }
}

/**
 * One of these tables. Until the first feed has answered, and when all have been away for
 * longer than the grace period, look-ups throw: a principal that may have been revoked is
 * not admitted. A gateway follows decisions and makes none.
 */
export class FollowedReplica<E extends Entry> extends Replica<E> {
  readonly updates = new Subject<readonly E[]>();
  private readonly table: ReplicaTable<E>;

  constructor(
    private readonly kind: EntryKind<E>,
    private readonly feeds: BackendFeeds,
  ) {
    super();
    this.table = new ReplicaTable(kind);
    feeds.onList(kind.name, (rows) => {
      const news = this.table.merge(parseEntries(kind, rows));
      if (news.length > 0) this.updates.next(news);
    });
  }

  requireKnown(): void {
    if (this.feeds.known) return;
    throw new ProblemError(
      'revocations_unknown',
      'The gateway follows no operator-backend and does not know which principals are revoked. Its log says why; retry as Retry-After says.',
      { retryAfterSec: 1 },
    );
  }

  get(key: string): E | undefined {
    this.requireKnown();
    return this.table.get(key);
  }

  entries(): readonly E[] {
    return this.table.entries;
  }

  update(): Promise<E> {
    return Promise.reject(
      new Error(`a gateway does not change ${this.kind.name}; operator-backend does`),
    );
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error('the feed holds a line without an end');
    yield* parts;
  }
}
