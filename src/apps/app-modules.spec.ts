import type { DynamicModule, Type } from '@nestjs/common';
import { AuditKey } from '../audit/audit-key.js';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { rmSync } from 'node:fs';
import { Registry } from 'prom-client';
import { Revocations } from '../auth/revocations.js';
import { TokenMetrics } from '../auth/token-metrics.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { loadConfig } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { EventLog } from '../events/log/event-log.js';
import { MemoryEventLog } from '../events/log/event-log.memory.js';
import { RedisEventLog } from '../events/log/redis/event-log.redis.js';
import { SqliteEventLog } from '../events/log/sqlite/event-log.sqlite.js';
import { GatewayMetrics } from '../gateway/gateway-metrics.js';
import { BuildInfo } from '../health/build-info.js';
import { HealthController } from '../health/health.controller.js';
import { StoreHealth } from '../health/store-health.js';
import { HttpMetrics } from '../http/http-metrics.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { Clock } from '../kernel/clock.js';
import { createLogger } from '../kernel/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { Keyring } from '../token-cache/keyring.js';
import { MemoryTokenCache } from '../token-cache/token-cache.memory.js';
import { TokenCache } from '../token-cache/token-cache.js';
import { newDataDir, newPrincipalToken } from '../../test/support/backend.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { NeighbourModule } from './neighbour.module.js';
import { OperatorBackendModule } from './operator-backend.module.js';
import { OperatorFrontendModule } from './operator-frontend.module.js';
import { PlatformModule } from './platform.module.js';
import { TentaculoLinkModule } from './tentaculo-link.module.js';

const logger = createLogger({ service: 'test', level: 'fatal', pretty: false });
const version = '1.2.3';

describe('Each app module', () => {
  const dataDir = newDataDir();
  let redis: RedisServer;
  let composed: TestingModule | undefined;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterEach(async () => {
    await composed?.close();
    composed = undefined;
  });

  afterAll(async () => {
    await redis.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const settings = (env: Record<string, string> = {}) =>
    loadConfig({ NODE_ENV: 'test', VX11_DATA_DIR: dataDir, VX11_DRAIN_SECONDS: '1', ...env });
  const backend = (env?: Record<string, string>) =>
    OperatorBackendModule.with({
      config: settings(env),
      logger,
      credentials: [],
      keyring: Keyring.random(),
      auditKey: new AuditKey('of a test'),
      version,
    });

  /** Each process of the system, and what its entry takes from the module besides the routes. */
  const APPS: Record<string, { module: () => DynamicModule; taken: readonly unknown[] }> = {
    'operator-backend, embedded': { module: () => backend(), taken: [HttpMetrics, Revocations] },
    'operator-backend on Redis': {
      module: () => backend({ VX11_REDIS_URL: redis.url }),
      taken: [HttpMetrics, Revocations],
    },
    'tentaculo-link': {
      module: () =>
        TentaculoLinkModule.with({
          config: settings(),
          logger,
          credentials: [],
          version,
          registry: new Registry(),
          hopKeys: new Map(),
        }),
      taken: [HttpMetrics, GatewayMetrics],
    },
    'operator-frontend': {
      module: () =>
        OperatorFrontendModule.with({
          config: settings(),
          logger,
          version,
          registry: new Registry(),
        }),
      taken: [HttpMetrics],
    },
    neighbour: {
      module: () =>
        NeighbourModule.with({
          name: 'madre',
          config: settings(),
          logger,
          token: newPrincipalToken(),
          version,
        }),
      taken: [HttpMetrics],
    },
  };
  const NAMES = Object.keys(APPS);

  /** Instantiates all providers and controllers; opens no port. */
  const compose = async (
    module: DynamicModule,
    override = (builder: TestingModuleBuilder) => builder,
  ): Promise<TestingModule> => {
    composed = await override(Test.createTestingModule({ imports: [module] })).compile();
    return composed;
  };
  const get = <T>(module: TestingModule, port: unknown): T =>
    module.get<T>(port as Type<T>, { strict: false });

  it.each(NAMES)('finds all of its providers: %s', async (name) => {
    const { module, taken } = APPS[name]!;
    const app = await compose(module());
    for (const port of taken) expect(get(app, port)).toBeInstanceOf(port as Type);
  });

  it.each([
    ['operator-backend, embedded', SqliteEventLog],
    ['operator-backend on Redis', RedisEventLog],
  ])('has the event log of its configuration: %s', async (name, adapter) => {
    expect(get(await compose(APPS[name]!.module()), EventLog)).toBeInstanceOf(adapter);
  });

  it('composes operator-backend around the adapters that a test puts in', async () => {
    const clock = new ManualClock();
    const log = new MemoryEventLog(100, clock);
    await log.open();
    const tokens = new MemoryTokenCache(clock, { count: 1, bytes: 10_000 });
    const app = await compose(backend(), (builder) =>
      builder
        .overrideProvider(Clock)
        .useValue(clock)
        .overrideProvider(EventLog)
        .useValue(log)
        .overrideProvider(TokenCache)
        .useValue(tokens),
    );
    expect(get(app, EventLog)).toBe(log);
    await expect(get<HealthController>(app, HealthController).detail()).resolves.toMatchObject({
      timestamp: new Date(clock.now()).toISOString(),
      ephemeral_token_cache_size: 0,
    });
  });

  it.each<[app: string, missing: string, removed: unknown]>([
    ['operator-backend, embedded', 'Environment', ConfigModule],
    ['operator-backend, embedded', 'InstanceBus', InstanceBus],
    ['operator-backend, embedded', 'StoreHealth', StoreHealth],
    ['operator-backend, embedded', 'TokenMetrics', TokenMetrics],
    ['operator-backend on Redis', 'RedisClient', RedisModule],
    ['tentaculo-link', 'GatewayMetrics', MetricsModule],
    ['tentaculo-link', 'TokenVerifier', TokenVerifier],
    ['operator-frontend', 'BuildInfo', BuildInfo],
    ['neighbour', 'Symbol(logger)', PlatformModule],
    ['neighbour', 'Registry', Registry],
  ])('fails without a provider that it needs: %s without %s', async (name, missing, removed) => {
    const module = APPS[name]!.module();
    expect(remove(removed, module)).toBeGreaterThan(0);
    // In memory, because a failed composition closes nothing that it has opened.
    const log = new MemoryEventLog(100, new ManualClock());
    const inMemory = (builder: TestingModuleBuilder) =>
      builder.overrideProvider(EventLog).useValue(log);
    await expect(compose(module, inMemory)).rejects.toThrow(`the argument ${missing} at index`);
  });
});

/** Takes a provider or a whole module out of this module and of all that it imports; returns how often. */
function remove(part: unknown, from: DynamicModule): number {
  let removed = 0;
  for (const list of ['imports', 'providers', 'exports'] as const) {
    const kept = (from[list] as Entry[] | undefined)?.filter(
      (entry) => ![entry, entry.module, entry.provide].includes(part),
    );
    removed += (from[list]?.length ?? 0) - (kept?.length ?? 0);
    Object.assign(from, { [list]: kept ?? [] });
  }
  for (const imported of from.imports as Entry[]) {
    if (imported.module) removed += remove(part, imported as DynamicModule);
  }
  return removed;
}

type Entry = { readonly module?: unknown; readonly provide?: unknown };
