import type { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import type { RedisArgument, RedisClient } from '../../redis/client.js';
import { LuaScript } from '../../redis/lua-script.js';
import { RedisUnavailable } from '../../redis/unavailable.js';
import type { Keyring } from '../../token-cache/keyring.js';
import {
  MOST_ACCESS,
  SessionStore,
  type Access,
  type Rotation,
  type Session,
} from './session-store.js';

const READ = LuaScript.load(import.meta.url, 'read-session.lua');
const SWAP = LuaScript.load(import.meta.url, 'access.lua', 'swap-session.lua');
const PUT_ACCESS = LuaScript.load(import.meta.url, 'access.lua', 'put-access.lua');
const ATTEMPTS = 20;
/**
 * How long a rotation whose answer was lost is repeated, in command timeouts. A copy that
 * Redis reads later does nothing.
 */
const PATIENCE = 2;
/** Longer than a failover takes, milliseconds: what Redis has lost, it has lost by then. */
const SETTLED_MS = 60_000;

/**
 * Sessions of all instances. Keys, in one slot:
 *   s:<id>         the session, sealed for its id
 *   a:<hash>       id of the session of an access token, sealed for the hash
 *   t:<id>         list of the keys of the session's access tokens, the newest first
 *   p:<principal>  sorted set of the principal's session ids by their start
 * Each expires with what it holds.
 */
export class RedisSessionStore extends SessionStore {
  /**
   * Sessions that have ended, and when; monotonic milliseconds. A failover can bring one back, so
   * each is ended again and again for a while.
   */
  private readonly ended = new Map<string, number>();

  constructor(
    private readonly redis: RedisClient,
    private readonly keyring: Keyring,
    private readonly clock: Pick<Clock, 'now' | 'monotonic'>,
  ) {
    super();
  }

  create(session: Session): Promise<void> {
    return this.attempt(async () => {
      const ttl = this.ttl(session.expiresAt);
      const index = this.indexKey(session.principalId);
      await this.redis.send('SET', [this.key(session.id), this.seal(session), 'PX', ttl]);
      await this.redis.send('ZADD', [index, session.startedAt, session.id]);
      // Expires with the longest session that it names.
      const left = Number(await this.redis.send('PTTL', [index]));
      if (left < ttl) await this.redis.send('PEXPIRE', [index, ttl]);
    });
  }

  get(id: string): Promise<Session | undefined> {
    return this.attempt(async () => (await this.read(id)).session);
  }

  rotate(id: string, from: string, to: string, access: Access): Promise<Rotation> {
    return this.attempt(async () => {
      const patience = PATIENCE * this.redis.timeoutMs;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const { at, raw, session } = await this.read(id);
        if (!session) return 'unknown';
        if (session.refreshHash !== from) return 'reused';
        const next = this.seal({ ...session, refreshHash: to });
        const { keys, args } = this.accessArguments(id, access);
        const outcome = await this.redis.runUntilAnswered(
          SWAP,
          [this.key(id), ...keys],
          [raw, next, at + patience, ...args],
          patience,
        );
        if (outcome === 'done') return 'rotated';
        if (outcome === 'late') throw new RedisUnavailable(false, new Error('too late'));
      }
      throw new RedisUnavailable(false, new Error('too many rotations of one session at a time'));
    });
  }

  putAccess(sessionId: string, access: Access): Promise<void> {
    return this.attempt(async () => {
      // Redis keeps a key for at least a millisecond; an expired session must not be found at
      // all.
      if (access.expiresAt <= this.clock.now()) return;
      const { keys, args } = this.accessArguments(sessionId, access);
      await this.redis.run(PUT_ACCESS, keys, args);
    });
  }

  byAccess(hash: string): Promise<Session | undefined> {
    return this.attempt(async () => {
      const sealed = (await this.redis.send('GET', [this.accessKey(hash)])) as string | null;
      const opened = sealed === null ? undefined : this.keyring.open(`access ${hash}`, sealed);
      return opened && (await this.read(opened.text)).session;
    });
  }

  /** Its access tokens then find no session, and `idsOf` removes its id. */
  end(id: string): Promise<Session | undefined> {
    return this.attempt(async () => {
      const raw = (await this.redis.send('GETDEL', [this.key(id)])) as string | null;
      const session = this.ended.has(id) ? undefined : this.open(id, raw);
      this.forget(id);
      return session;
    });
  }

  forget(id: string): void {
    if (!this.ended.has(id)) this.ended.set(id, this.clock.monotonic());
  }

  idsOf(principalId: string): Promise<readonly string[]> {
    return this.attempt(async () => {
      const index = this.indexKey(principalId);
      const ids = (await this.redis.send('ZRANGE', [index, 0, -1])) as string[];
      if (ids.length === 0) return [];
      const values = (await this.redis.send(
        'MGET',
        ids.map((id) => this.key(id)),
      )) as (string | null)[];
      const gone = ids.filter((_, at) => values[at] === null);
      if (gone.length > 0) await this.redis.send('ZREM', [index, ...gone]);
      return ids.filter((id, at) => values[at] !== null && !this.ended.has(id));
    });
  }

  /** Redis removes what has expired. Ends again what a failover may have brought back. */
  async sweep(): Promise<void> {
    const settled = this.clock.monotonic() - SETTLED_MS;
    const ends = [...this.ended];
    if (ends.length === 0) return;
    try {
      await this.redis.send(
        'DEL',
        ends.map(([id]) => this.key(id)),
      );
      for (const [id, at] of ends) if (at <= settled) this.ended.delete(id);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
    }
  }

  private async read(
    id: string,
  ): Promise<{ at: number; raw: string; session: Session | undefined }> {
    const answer = await this.redis.run(READ, [this.key(id)], []);
    const [at, raw] = answer as [at: number, raw: string | null];
    return { at, raw: raw ?? '', session: this.ended.has(id) ? undefined : this.open(id, raw) };
  }

  /** A value that none of our keys sealed for this id is no session. */
  private open(id: string, raw: string | null): Session | undefined {
    const opened = raw === null ? undefined : this.keyring.open(`session ${id}`, raw);
    const session = opened && (JSON.parse(opened.text) as Session);
    return session && session.expiresAt > this.clock.now() ? session : undefined;
  }

  private accessArguments(sessionId: string, { hash, expiresAt }: Access) {
    const sealed = this.keyring.seal(`access ${hash}`, sessionId);
    const keys = [this.accessKey(hash), this.redis.key('sessions', 't', sessionId)];
    const args: RedisArgument[] = [sealed, this.ttl(expiresAt), MOST_ACCESS];
    return { keys, args };
  }

  private seal(session: Session): string {
    return this.keyring.seal(`session ${session.id}`, JSON.stringify(session));
  }

  private ttl(expiresAt: number): number {
    return Math.max(1, expiresAt - this.clock.now());
  }

  private key(id: string): string {
    return this.redis.key('sessions', 's', id);
  }

  private accessKey(hash: string): string {
    return this.redis.key('sessions', 'a', hash);
  }

  private indexKey(principalId: string): string {
    return this.redis.key('sessions', 'p', principalId);
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof RedisUnavailable)) throw cause;
      throw new ProblemError(
        'token_store_unavailable',
        'The sessions cannot be read or written now. Try again as Retry-After says.',
        { retryAfterSec: 1, cause },
      );
    }
  }
}
