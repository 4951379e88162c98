import {
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { join } from 'node:path';
import { backendUrls } from '../config/addresses.js';
import { Environment } from '../config/environment.js';
import type { HopKeys } from '../http/hop-keys.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import type { Keyring } from '../token-cache/keyring.js';
import { BackendPosts } from './backend-posts.http.js';
import type { OpaqueCredential } from './principal.js';
import { PrincipalRights } from './principal-rights.js';
import { MemoryAdministrationTurns } from './principals/administration-turns.memory.js';
import { RedisAdministrationTurns } from './principals/administration-turns.redis.js';
import { AdministrationTurns } from './principals/administration-turns.js';
import { PRINCIPAL_RECORDS, type PrincipalRecord } from './principals/principal-record.js';
import { PrincipalRecords } from './principals/principal-records.js';
import { MemoryRateLimit } from './rate-limit.memory.js';
import { RedisRateLimit } from './rate-limit.redis.js';
import { RateLimit } from './rate-limit.js';
import { ReportedRefusals } from './refusals.http.js';
import { Refusals } from './refusals.js';
import { FileReplica } from './replicas/replica.file.js';
import { BackendFeeds, FollowedReplica } from './replicas/replica.http.js';
import { RedisReplica } from './replicas/replica.redis.js';
import type { Entry, EntryKind, Replica } from './replicas/replica.js';
import { fromFirstFormat, REVOCATIONS, type Revocation } from './revocation.js';
import { Revocations } from './revocations.js';

/** Milliseconds between two reads of all entries, in case the bus lost a message. */
const REFRESH_MS = 10_000;
const SETTLE_MS = 1_000;
const SWEEP_MS = 1_000;

@Injectable()
class FeedsFollowing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly feeds: BackendFeeds) {}

  onApplicationBootstrap(): Promise<void> {
    return this.feeds.start();
  }

  beforeApplicationShutdown(): void {
    this.feeds.stop();
  }
}

/** Ends rights in time, on gateways too, which have no schedule. */
@Injectable()
class RightsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly rights: PrincipalRights) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.rights.sweep(), SWEEP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}

/** The tables of all instances, read again from time to time. */
class SharedTables {
  readonly replicas: RedisReplica<Entry>[] = [];
}

@Injectable()
class TablesRefresh {
  constructor(private readonly tables: SharedTables) {}

  @Interval(REFRESH_MS)
  async refresh(): Promise<void> {
    for (const replica of this.tables.replicas) await replica.refresh();
  }

  @Interval(SETTLE_MS)
  async settle(): Promise<void> {
    for (const replica of this.tables.replicas) await replica.settle();
  }
}

/** Makes the replica of one table; what it needs is injected. */
interface ReplicaFactory {
  readonly inject: NonNullable<Extract<Provider, { inject?: unknown }>['inject']>;
  make<E extends Entry>(kind: EntryKind<E>, ...injected: never[]): Replica<E> | Promise<Replica<E>>;
}

/** What the instances must agree on about principals: records, revocations and rate limits. */
@Module({})
export class PrincipalStateModule {
  /** State of this instance alone, in files in the data directory. */
  static embedded(credentials: readonly OpaqueCredential[]): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        ...rightsOf(credentials, {
          inject: [Environment, Clock],
          make: <E extends Entry>(kind: EntryKind<E>, config: Environment, clock: Clock) =>
            new FileReplica(
              kind,
              join(config.VX11_DATA_DIR, FILES[kind.name] ?? `${kind.name}.json`),
              clock,
              fromFirstFormat,
            ),
        }),
        { provide: RateLimit, useClass: MemoryRateLimit },
        { provide: AdministrationTurns, useClass: MemoryAdministrationTurns },
      ],
      exports: [...RIGHTS, RateLimit, AdministrationTurns],
    };
  }

  /**
   * For a gateway: the tables as the backends stream them, and their limit on wrong tokens.
   * @param hop the keys that the backends know the gateway by
   */
  static followed(
    credentials: readonly OpaqueCredential[],
    hop: HopKeys | undefined,
  ): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        {
          provide: BackendFeeds,
          useFactory: (config: Environment, clock: Clock, logger: Logger) =>
            new BackendFeeds(
              {
                urls: backendUrls(config),
                graceMs: config.VX11_GATEWAY_REVOCATIONS_GRACE_SECONDS * 1000,
                headers: (url) => hop?.signOwn(url, Date.now()) ?? {},
              },
              clock,
              logger,
            ),
          inject: [Environment, Clock, LOGGER],
        },
        FeedsFollowing,
        {
          provide: Refusals,
          useFactory: (config: Environment) =>
            new ReportedRefusals(new BackendPosts(backendUrls(config), hop)),
          inject: [Environment],
        },
        ...rightsOf(credentials, {
          inject: [BackendFeeds],
          make: <E extends Entry>(kind: EntryKind<E>, feeds: BackendFeeds) =>
            new FollowedReplica(kind, feeds),
        }),
      ],
      exports: [...RIGHTS, Refusals],
    };
  }

  /** State of all instances, in Redis. */
  static shared(
    credentials: readonly OpaqueCredential[],
    instances: DynamicModule,
    keyring: Keyring,
  ): DynamicModule {
    return {
      module: PrincipalStateModule,
      imports: [RedisModule, instances],
      providers: [
        SharedTables,
        TablesRefresh,
        ...rightsOf(credentials, {
          inject: [SharedTables, RedisClient, InstanceBus, Clock, LOGGER],
          make: async <E extends Entry>(
            kind: EntryKind<E>,
            tables: SharedTables,
            redis: RedisClient,
            bus: InstanceBus,
            clock: Clock,
            logger: Logger,
          ) => {
            const replica = new RedisReplica(kind, redis, bus, keyring, clock, logger);
            await replica.open();
            tables.replicas.push(replica as unknown as RedisReplica<Entry>);
            return replica;
          },
        }),
        {
          provide: RateLimit,
          useFactory: (redis: RedisClient) => new RedisRateLimit(redis),
          inject: [RedisClient],
        },
        {
          provide: AdministrationTurns,
          useFactory: (redis: RedisClient, bus: InstanceBus) =>
            new RedisAdministrationTurns(redis, bus),
          inject: [RedisClient, InstanceBus],
        },
      ],
      exports: [...RIGHTS, RateLimit, AdministrationTurns],
    };
  }
}

const RIGHTS = [Revocations, PrincipalRecords, PrincipalRights];

/** Names of the files in the data directory. */
const FILES: Readonly<Record<string, string>> = {
  revocations: 'revoked.json',
  // Not principals.json: VX11_PRINCIPALS_FILE may lie there under that name.
  principals: 'managed-principals.json',
};

function rightsOf(
  credentials: readonly OpaqueCredential[],
  { inject, make }: ReplicaFactory,
): Provider[] {
  return [
    {
      provide: Revocations,
      useFactory: async (...injected: never[]) =>
        new Revocations(await make<Revocation>(REVOCATIONS, ...injected)),
      inject,
    },
    {
      provide: PrincipalRecords,
      useFactory: async (...injected: never[]) =>
        new PrincipalRecords(await make<PrincipalRecord>(PRINCIPAL_RECORDS, ...injected)),
      inject,
    },
    {
      provide: PrincipalRights,
      useFactory: (records: PrincipalRecords, revocations: Revocations, clock: Clock) =>
        new PrincipalRights(credentials, records, revocations, clock),
      inject: [PrincipalRecords, Revocations, Clock],
    },
    RightsSweep,
  ];
}
