import { Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { backendUrls } from '../../config/addresses.js';
import { Environment } from '../../config/environment.js';
import type { HopKeys } from '../../http/hop-keys.js';
import { Clock } from '../../kernel/clock.js';
import { RedisClient } from '../../redis/client.js';
import { RedisModule } from '../../redis/redis.module.js';
import type { Keyring } from '../../token-cache/keyring.js';
import { BackendPosts } from '../backend-posts.http.js';
import { ReportedProofReplays } from './proof-replays.http.js';
import { MemoryProofReplays } from './proof-replays.memory.js';
import { RedisProofReplays } from './proof-replays.redis.js';
import { ProofReplays } from './proof-replays.js';
import { RedisSessionStore } from './session-store.redis.js';
import { SqliteSessionStore } from './session-store.sqlite.js';
import { SessionStore } from './session-store.js';

@Injectable()
class StoreClosing implements OnApplicationShutdown {
  constructor(private readonly store: SqliteSessionStore) {}

  onApplicationShutdown(): void {
    this.store.close();
  }
}

/** Where sessions and used proofs are kept. */
@Module({})
export class IdentityModule {
  /** In a file of this instance, and in its memory. */
  static embedded(): DynamicModule {
    return {
      module: IdentityModule,
      providers: [
        {
          provide: SqliteSessionStore,
          useFactory: (config: Environment, clock: Clock) =>
            new SqliteSessionStore(join(config.VX11_DATA_DIR, 'sessions.sqlite'), clock),
          inject: [Environment, Clock],
        },
        { provide: SessionStore, useExisting: SqliteSessionStore },
        StoreClosing,
        {
          provide: ProofReplays,
          useFactory: (clock: Clock) => new MemoryProofReplays(clock),
          inject: [Clock],
        },
      ],
      exports: [SessionStore, ProofReplays],
    };
  }

  /** In Redis, for all instances. */
  static shared(keyring: Keyring): DynamicModule {
    return {
      module: IdentityModule,
      imports: [RedisModule],
      providers: [
        {
          provide: SessionStore,
          useFactory: (redis: RedisClient, clock: Clock) =>
            new RedisSessionStore(redis, keyring, clock),
          inject: [RedisClient, Clock],
        },
        {
          provide: ProofReplays,
          useFactory: (redis: RedisClient) => new RedisProofReplays(redis),
          inject: [RedisClient],
        },
      ],
      exports: [SessionStore, ProofReplays],
    };
  }

  /**
   * For a gateway, which knows no sessions.
   * @param hop the keys that the backends know the gateway by
   */
  static withoutSessions(hop: HopKeys | undefined): DynamicModule {
    const proofs = {
      provide: ProofReplays,
      useFactory: (config: Environment) =>
        new ReportedProofReplays(new BackendPosts(backendUrls(config), hop)),
      inject: [Environment],
    };
    return { module: IdentityModule, providers: [proofs], exports: [ProofReplays] };
  }
}
