import { newPrincipalToken } from './backend.js';
import { build, spawnBackend, type BackendProcess } from './process.js';
import { RedisUnderTest } from './redis-under-test.js';

/** Two processes of operator-backend on one Redis. */
export class TwoInstances {
  private constructor(
    readonly redis: RedisUnderTest,
    readonly both: readonly [BackendProcess, BackendProcess],
  ) {}

  /** @param env settings of both, without those of Redis */
  static async start(env: Readonly<Record<string, string>>): Promise<TwoInstances> {
    const [redis] = await Promise.all([RedisUnderTest.start('standalone'), build()]);
    const all = { ...redis.env, VX11_OPERATOR_TOKEN: newPrincipalToken(), ...env };
    return new TwoInstances(redis, await Promise.all([spawnBackend(all), spawnBackend(all)]));
  }

  async stop(): Promise<void> {
    await Promise.all(this.both.map((one) => one.end('SIGTERM')));
    await this.redis.stop();
  }
}
