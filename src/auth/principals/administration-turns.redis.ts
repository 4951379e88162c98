import { setTimeout as delay } from 'node:timers/promises';
import { filter, firstValueFrom, timeout, TimeoutError } from 'rxjs';
import { BusUnavailable, type InstanceBus } from '../../instances/instance-bus.js';
import { newId } from '../../kernel/ids.js';
import { ProblemError } from '../../kernel/problem.js';
import { backoff } from '../../redis/backoff.js';
import type { RedisClient } from '../../redis/client.js';
import { LuaScript } from '../../redis/lua-script.js';
import { RedisUnavailable } from '../../redis/unavailable.js';
import { AdministrationTurns } from './administration-turns.js';

const TAKE = LuaScript.load(import.meta.url, 'take-turn.lua');
const END = LuaScript.load(import.meta.url, 'end-turn.lua');
const TOPIC = 'administration.turn';
/** After so many command timeouts the turn of an instance that died in it is over. */
const LONGEST = 4;
/** How many command timeouts a request waits for its turn: longer than for that of a dead instance. */
const PATIENCE = 6;

/**
 * Of all instances: one key in Redis, which its holder sets and deletes. Who gets it waits
 * for a message of its own on the bus. The bus keeps one order on all instances, so
 * everything that was decided before has arrived by then.
 */
export class RedisAdministrationTurns extends AdministrationTurns {
  private readonly key: string;

  constructor(
    private readonly redis: RedisClient,
    private readonly bus: InstanceBus,
  ) {
    super();
    this.key = redis.key('auth', 'turn');
  }

  async run<T>(decide: () => Promise<T>): Promise<T> {
    const name = newId('u');
    await translated(this.take(name));
    try {
      await translated(this.catchUp(name));
      return await decide();
    } finally {
      // If Redis does not answer, the turn times out.
      await this.redis.run(END, [this.key], [name]).catch(() => undefined);
    }
  }

  private async take(name: string): Promise<void> {
    const { timeoutMs } = this.redis;
    const latest = performance.now() + PATIENCE * timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      const taken = await this.redis.run(TAKE, [this.key], [name, LONGEST * timeoutMs]);
      if (taken === 1) return;
      if (performance.now() >= latest) {
        throw new RedisUnavailable(false, new Error('another decision takes too long'));
      }
      await delay(backoff(attempt), undefined, { ref: false });
    }
  }

  private async catchUp(name: string): Promise<void> {
    const heard = firstValueFrom(
      this.bus.messages.pipe(
        filter(({ topic, body }) => topic === TOPIC && (body as { name: string }).name === name),
        timeout(this.redis.timeoutMs),
      ),
    );
    await Promise.all([heard, this.bus.send(TOPIC, { name })]);
  }
}

/** @throws ProblemError token_store_unavailable */
async function translated(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    const isOurs =
      cause instanceof RedisUnavailable ||
      cause instanceof BusUnavailable ||
      cause instanceof TimeoutError;
    if (!isOurs) throw cause;
    throw new ProblemError(
      'token_store_unavailable',
      'Nothing was decided: the other instances cannot be reached, or decide about principals now. Send the request again.',
      { retryAfterSec: 1, cause },
    );
  }
}
