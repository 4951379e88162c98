import { TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import { healthProblem } from '../http/health-problem.js';
import { Clock } from '../kernel/clock.js';
import { Readiness } from '../kernel/readiness.js';
import { TokenCache } from '../token-cache/token-cache.js';
import { MemoryTokenCache } from '../token-cache/token-cache.memory.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { BuildInfo } from './build-info.js';
import { EventLogIndicator, TrafficIndicator } from './health-indicators.js';
import { HealthController } from './health.controller.js';
import { StoreHealth } from './store-health.js';

const DRAINING = { code: 'draining', status: 503, retryAfterSec: 1 };
const NOT_READY = { code: 'not_ready', status: 503, retryAfterSec: 2 };

describe('The health of operator-backend', () => {
  const clock = new ManualClock();
  let storeUp: boolean;
  let readiness: Readiness;
  let module: TestingModule;
  let controller: HealthController;

  beforeEach(async () => {
    storeUp = true;
    readiness = new Readiness(clock);
    module = await Test.createTestingModule({
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        TrafficIndicator,
        EventLogIndicator,
        { provide: StoreHealth, useValue: { check: async () => storeUp } },
        { provide: Readiness, useValue: readiness },
        { provide: TokenCache, useValue: new MemoryTokenCache(clock, { count: 1, bytes: 10_000 }) },
        { provide: Clock, useValue: clock },
        { provide: BuildInfo, useValue: new BuildInfo('1.2.3') },
      ],
    }).compile();
    controller = module.get(HealthController);
  });

  afterEach(() => module.close());

  const ROUTES = ['ready', 'summary', 'detail'] as const;
  const problemOf = async (route: (typeof ROUTES)[number]) => {
    try {
      await controller[route]();
    } catch (thrown) {
      return healthProblem(thrown);
    }
    return undefined;
  };

  it.each(ROUTES)('is up while the event log answers (%s)', async (route) => {
    await expect(controller[route]()).resolves.toMatchObject({ status: 'ok', version: '1.2.3' });
  });

  it.each(ROUTES)('is not_ready while the event log does not answer (%s)', async (route) => {
    storeUp = false;
    expect(await problemOf(route)).toMatchObject(NOT_READY);
  });

  it.each(ROUTES)('is draining from the first moment of a shutdown (%s)', async (route) => {
    readiness.leave();
    expect(await problemOf(route)).toMatchObject(DRAINING);
  });

  it('is draining during a shutdown even without the event log', async () => {
    storeUp = false;
    readiness.leave();
    expect(await problemOf('ready')).toMatchObject(DRAINING);
  });

  it('is draining once Nest stops the application, before the streams drain', async () => {
    storeUp = false;
    await module.close();
    expect(readiness.ready).toBe(true);
    expect(await problemOf('ready')).toMatchObject(DRAINING);
  });

  it('is alive in every state', async () => {
    storeUp = false;
    readiness.leave();
    expect(controller.live()).toMatchObject({ status: 'ok' });
  });
});
