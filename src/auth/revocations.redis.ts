import { Subject } from 'rxjs';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { RedisClient } from '../redis/client.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import { Revocations } from './revocations.js';

const TOPIC = 'principals.revoked';

/** One hash in Redis, credential → principal; each instance keeps a copy, and hears of news by the bus. */
export class RedisRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  private readonly key: string;
  private credentials = new Set<string>();

  constructor(
    private readonly redis: RedisClient,
    private readonly bus: InstanceBus,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.key = redis.key('auth', 'revoked');
    bus.messages.subscribe(({ topic, body }) => {
      if (topic !== TOPIC) return;
      const { credentials, principalId } = body as { credentials: string[]; principalId: string };
      this.take(principalId, credentials);
    });
    bus.missed.subscribe(() => void this.refresh());
  }

  /** Reads what is revoked so far. */
  async open(): Promise<void> {
    await this.read();
  }

  has(credential: string): boolean {
    return this.credentials.has(credential);
  }

  async add(principalId: string, credentials: readonly string[]): Promise<void> {
    try {
      if (credentials.length > 0) {
        const pairs = credentials.flatMap((credential) => [credential, principalId]);
        await this.redis.send('HSET', [this.key, ...pairs]);
      }
      this.take(principalId, credentials);
      await this.bus.send(TOPIC, { principalId, credentials });
    } catch (error) {
      if (!(error instanceof RedisUnavailable || error instanceof BusUnavailable)) throw error;
      throw new ProblemError(
        'token_store_unavailable',
        'Not every instance could be told of the revocation. Send the request again: it must succeed once.',
        { retryAfterSec: 1, cause: error },
      );
    }
  }

  /** Catches up with what may have been missed; called by the schedule as well. */
  async refresh(): Promise<void> {
    try {
      await this.read();
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) throw err;
      this.logger.warn({ err }, 'revocations could not be read; they are read again in a while');
    }
  }

  private async read(): Promise<void> {
    const pairs = (await this.redis.send('HGETALL', [this.key])) as string[];
    const fresh = new Set<string>();
    const principals = new Set<string>();
    for (let index = 0; index < pairs.length; index += 2) {
      const [credential = '', principalId = ''] = pairs.slice(index, index + 2);
      fresh.add(credential);
      if (!this.credentials.has(credential)) principals.add(principalId);
    }
    this.credentials = fresh;
    for (const principalId of principals) this.revoked.next(principalId);
  }

  private take(principalId: string, credentials: readonly string[]): void {
    for (const credential of credentials) this.credentials.add(credential);
    this.revoked.next(principalId);
  }
}
