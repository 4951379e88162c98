import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { event } from '../../test/support/caller.js';
import type { DrillSystem } from './system.js';

export interface Drill {
  /** As on the command line; for an alert, its name. */
  readonly name: string;
  /** Heading of the runbook; the name unless given. */
  readonly runbook?: string;
  /** The alert that must fire; null for a situation without one. */
  readonly alert: string | null;
  /** Further alerts that must fire, and end. */
  readonly also?: readonly string[];
  /** Whose page must come, where an inhibition keeps the alert's own back; the alert's unless given. */
  readonly pagedAs?: string;
  /** What is done to the system, in words. */
  readonly fault: string;
  /** What is done about it, in words. */
  readonly remedy: string;
  readonly break: (system: DrillSystem) => Promise<void>;
  /** Repeated for as long as the fault lasts: load that shows it. */
  readonly load?: (system: DrillSystem) => Promise<unknown>;
  readonly fix: (system: DrillSystem) => Promise<void>;
}

const nothing = () => Promise.resolve();
const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** Opens and closes a stream; a refusal is an answer like any other. */
async function openStream(system: DrillSystem, token?: string): Promise<void> {
  const stream = await system.operator.stream(token === undefined ? {} : { token });
  await stream.close();
}

const secret = () => randomBytes(24).toString('base64url');
/** Connections from another address of this machine. */
const from = (localAddress: string) => new Agent({ localAddress });
/** An access token in form, for which operator-backend asks the issuer for its key. */
const UNSIGNED = [{ alg: 'ES256', kid: 'drill', typ: 'at+jwt' }, { sub: 'drill' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('AAAA')
  .join('.');

/** The alert stops by itself once the load ends. */
const endsWithTheLoad = { remedy: 'the client stops', break: nothing, fix: nothing } as const;

/** Redis answers so many milliseconds later, in each direction. */
const slowRedis = (ms: number) => ({
  fault: `Redis answers ${2 * ms} ms late`,
  remedy: 'Redis is fast again',
  break: (system: DrillSystem) => Promise.resolve(system.way.slow(ms)),
  fix: (system: DrillSystem) => Promise.resolve(system.way.restore()),
});

/** The burn rates of a service level: what burns fast has burnt in the longer windows as well. */
const burns = (slo: string) => ({
  runbook: 'ErrorBudgetBurn',
  alert: `${slo}ErrorBudgetBurnFast`,
  also: [`${slo}ErrorBudgetBurnMedium`, `${slo}ErrorBudgetBurnSlow`],
});

/** Clients call a neighbour that does not run. */
const withoutMadre = {
  fault: 'madre does not run, and clients call it through the gateway',
  remedy: 'madre is started',
  break: nothing,
  load: (system: DrillSystem) => times(5, () => system.askMadre()),
  fix: async (system: DrillSystem) => {
    await (await system.madre.start()).ready();
    await system.madre.end('SIGTERM');
  },
};

const issued: string[] = [];

export const DRILLS: readonly Drill[] = [
  {
    ...endsWithTheLoad,
    name: 'HighEphemeralTokenRequestRate',
    alert: 'HighEphemeralTokenRequestRate',
    fault: 'a client fetches 20 tokens a few times a second',
    load: (system) => times(20, () => system.operator.issue()),
  },
  {
    name: 'UnusuallyHighCacheSize',
    alert: 'UnusuallyHighCacheSize',
    fault: 'a client fetches 200 tokens and opens no stream',
    remedy: 'the tokens are revoked',
    break: async (system) => {
      for (let part = 0; part < 10; part += 1) {
        issued.push(...(await times(20, () => system.operator.issue())));
      }
    },
    fix: async (system) => {
      for (const token of issued.splice(0)) {
        await system.operator.post('/events/sse-token/revoke', { sse_token: token });
      }
    },
  },
  {
    ...endsWithTheLoad,
    name: 'HighTokenValidationFailureRate',
    alert: 'HighTokenValidationFailureRate',
    fault: 'somebody guesses tokens',
    load: (system) => times(20, () => openStream(system, randomUUID())),
  },
  {
    ...endsWithTheLoad,
    name: 'HighPrincipalTokenUsageInSSE',
    alert: 'HighPrincipalTokenUsageInSSE',
    fault: 'an old client puts its principal token into the URL',
    remedy: 'the client is moved to ephemeral tokens',
    load: (system) => times(4, () => openStream(system, system.operator.token)),
  },
  {
    ...slowRedis(150),
    name: 'SlowTokenIssuing',
    alert: 'SlowTokenIssuing',
    load: (system) => times(5, () => system.operator.issue()),
  },
  {
    ...endsWithTheLoad,
    name: 'SlowStreamOpening',
    alert: 'SlowStreamOpening',
    // The threshold of this drill is 5 ms: a second needs more clients than one machine has.
    fault: '100 clients open their streams at once, again and again',
    load: (system) => times(100, () => openStream(system)),
  },
  {
    // The threshold of this drill is 250 ms: a slower Redis would count as one that is away.
    ...slowRedis(200),
    name: 'SlowEventDelivery',
    alert: 'SlowEventDelivery',
    load: async (system) => {
      const stream = await system.operator.stream();
      // Not at once: what one answer of Redis holds is one observation.
      await times(10, async (index) => {
        await delay(200 * index);
        await system.operator.publish(event());
      });
      await delay(1_000);
      await stream.close();
    },
  },
  {
    ...endsWithTheLoad,
    name: 'LowTokenValidationSuccess',
    alert: 'LowTokenValidationSuccess',
    fault: 'every third client opens its stream too late',
    load: (system) =>
      times(3, (index) => openStream(system, index === 0 ? randomUUID() : undefined)),
  },
  {
    name: 'HighServerErrorRate',
    alert: 'HighServerErrorRate',
    ...withoutMadre,
  },
  {
    ...slowRedis(800),
    name: 'HighBackendLatency',
    alert: 'HighBackendLatency',
    load: (system) => times(10, () => system.operator.post('/events/sse-token')),
  },
  {
    name: 'OperatorBackendInstanceDown',
    alert: 'OperatorBackendInstanceDown',
    fault: 'one of two instances is killed',
    remedy: 'it is started again',
    break: async (system) => {
      await system.backends[1]?.end('SIGKILL');
    },
    fix: async (system) => {
      await (await system.backends[1]?.start())?.ready();
    },
  },
  {
    name: 'OperatorBackendDown',
    alert: 'OperatorBackendDown',
    fault: 'both instances are killed',
    remedy: 'they are started again',
    break: async (system) => {
      await Promise.all(system.backends.map((one) => one.end('SIGKILL')));
    },
    fix: async (system) => {
      await Promise.all(system.backends.map(async (one) => (await one.start()).ready()));
    },
  },
  {
    name: 'GatewayDown',
    alert: 'GatewayDown',
    fault: 'the gateway is killed',
    remedy: 'it is started again',
    break: async (system) => {
      await system.gateway.end('SIGKILL');
    },
    fix: async (system) => {
      await (await system.gateway.start()).ready('/health');
    },
  },
  {
    name: 'GatewayHasNoBackend',
    alert: 'GatewayHasNoBackend',
    fault: 'the network between the gateway and both instances is cut',
    remedy: 'the network is back',
    // Prometheus goes on reading the instances: without that it would be OperatorBackendDown.
    break: (system) => Promise.resolve(system.backendWays.forEach((way) => way.block())),
    fix: (system) => Promise.resolve(system.backendWays.forEach((way) => way.restore())),
  },
  {
    name: 'RedisDown',
    alert: 'RedisDown',
    fault: 'Redis is killed',
    remedy: 'Redis is started again',
    break: (system) => system.redis.end('SIGKILL'),
    fix: (system) => system.redis.run(),
  },
  {
    name: 'EventDeliveryStalled',
    alert: 'EventDeliveryStalled',
    // The canaries of both instances go through the same Redis.
    pagedAs: 'RedisDown',
    fault: 'Redis hangs (SIGSTOP): connections stay, nothing comes back',
    remedy: 'Redis goes on (SIGCONT)',
    break: (system) => Promise.resolve(system.redis.pause()),
    fix: (system) => Promise.resolve(system.redis.resume()),
  },
  {
    ...endsWithTheLoad,
    name: 'EventGaps',
    alert: 'EventGaps',
    fault: 'a client resumes behind a position that the log no longer has',
    break: async (system) => {
      // The log holds 500 events.
      await system.operator.publishMany('drill.flood', 1_500);
    },
    load: async (system) => {
      const stream = await system.operator.stream({ query: '&lastEventId=1-0' });
      await stream.close();
    },
  },
  {
    ...endsWithTheLoad,
    name: 'SlowConsumers',
    alert: 'SlowConsumers',
    fault: 'a client opens a stream and never reads',
    load: async (system) => {
      const stream = await system.operator.stream();
      stream.pause();
      const data = 'x'.repeat(60_000);
      for (let part = 0; part < 12; part += 1) {
        await system.operator.publish(...Array.from({ length: 15 }, () => event({ data })));
      }
      await stream.close();
    },
  },
  {
    name: 'TokensReplayed',
    alert: 'TokensReplayed',
    fault: 'a second client presents a used token',
    remedy: 'the token expires; nobody presents it again',
    break: async (system) => {
      const token = await system.operator.issue();
      const first = await system.operator.stream({ token });
      await system.operator.stream({ token, headers: { 'user-agent': 'thief/1.0' } });
      await first.close();
    },
    fix: nothing,
  },
  {
    ...endsWithTheLoad,
    name: 'FailedAttempts',
    alert: 'FailedAttempts',
    fault: 'somebody guesses principal tokens',
    load: (system) =>
      times(10, () => system.as(secret()).api('/events?limit=1', { agent: from('127.0.0.9') })),
  },
  {
    ...endsWithTheLoad,
    name: 'PrincipalTokenFromManyAddresses',
    alert: 'PrincipalTokenFromManyAddresses',
    fault: 'a principal token in a stream URL is used from six addresses',
    load: (system) =>
      times(6, async (index) => {
        const { token } = system.others.leaked;
        const agent = from(`127.0.0.${index + 2}`);
        await (await system.operator.stream({ token, agent })).close();
      }),
  },
  {
    ...endsWithTheLoad,
    name: 'IssuedTokensUnused',
    alert: 'IssuedTokensUnused',
    fault: 'a client fetches tokens and opens no stream',
    load: (system) => times(3, () => system.others.leaked.issue()),
  },
  {
    ...endsWithTheLoad,
    name: 'UnusualAdministration',
    alert: 'UnusualAdministration',
    fault: 'an administrator revokes and restores a principal again and again',
    load: async (system) => {
      for (const act of ['revoke', 'restore']) {
        await system.operator.post(`/principals/limited/${act}`);
      }
    },
  },
  {
    ...endsWithTheLoad,
    name: 'RefreshTokensReused',
    alert: 'RefreshTokensReused',
    fault: 'a thief uses the cookie of a session that its owner has refreshed',
    remedy: 'the session has ended by itself',
    break: async (system) => {
      const signedIn = await system.operator.post('/session');
      const cookie = String(signedIn.headers['set-cookie']).split(';', 1)[0];
      const headers = { cookie, origin: system.operator.url, 'sec-fetch-site': 'same-origin' };
      await system.operator.post('/session/refresh', undefined, headers);
      await system.operator.post('/session/refresh', undefined, headers);
    },
  },
  {
    ...endsWithTheLoad,
    name: 'IssuerKeysUnavailable',
    alert: 'IssuerKeysUnavailable',
    fault: 'the issuer does not answer, and its users come',
    load: (system) =>
      system.operator.api('/events?limit=1', {
        headers: { 'x-vx11-token': undefined, authorization: `Bearer ${UNSIGNED}` },
      }),
  },
  {
    name: 'AuditWritesFail',
    alert: 'AuditWritesFail',
    fault: 'Redis has another kind of value where the trail is',
    remedy: 'the trail is back in its place',
    break: (system) => system.replaceTrail(),
    load: (system) => system.operator.issue(),
    fix: (system) => system.restoreTrail(),
  },
  {
    name: 'AuditEntriesLost',
    alert: 'AuditEntriesLost',
    fault: 'the trail cannot be written, and 12,000 people sign in',
    remedy: 'the trail is back in its place',
    break: async (system) => {
      await system.replaceTrail();
      for (let part = 0; part < 600; part += 1) {
        await times(20, () => system.operator.post('/session'));
      }
    },
    load: (system) => system.operator.issue(),
    fix: (system) => system.restoreTrail(),
  },
  {
    ...endsWithTheLoad,
    name: 'PrincipalsRateLimited',
    alert: 'PrincipalsRateLimited',
    fault: 'a principal with a rate of 1 a second asks in a loop',
    load: (system) => times(10, () => system.others.limited.post('/events/sse-token')),
  },
  {
    name: 'EventLoopBlocked',
    alert: 'EventLoopBlocked',
    fault: 'an instance gets no processor for 0.7 s, again and again',
    remedy: 'it gets one',
    break: nothing,
    load: async (system) => {
      system.backends[1]?.pause();
      await delay(700);
      system.backends[1]?.resume();
      await delay(500);
    },
    fix: nothing,
  },
  {
    ...endsWithTheLoad,
    ...burns('Validation'),
    name: 'ErrorBudgetBurn',
    fault: 'a third of the presented tokens are not valid',
    load: (system) =>
      times(6, (index) => openStream(system, index % 3 === 0 ? randomUUID() : undefined)),
  },
  {
    ...slowRedis(150),
    ...burns('Issuing'),
    name: 'issuing-burns',
    load: (system) => times(5, () => system.operator.issue()),
  },
  {
    ...slowRedis(350),
    ...burns('Opening'),
    name: 'opening-burns',
    load: (system) => times(5, () => openStream(system)),
  },
  {
    ...withoutMadre,
    ...burns('Errors'),
    name: 'errors-burn',
  },
  {
    ...endsWithTheLoad,
    name: 'streams-refused',
    runbook: 'Streams fail with 401 or 403',
    alert: 'LowTokenValidationSuccess',
    fault: 'every client opens its stream with a token that was never issued',
    load: (system) => times(3, () => openStream(system, randomUUID())),
  },
  {
    name: 'reconnect-storm',
    runbook: 'Reconnect storm',
    alert: 'OperatorBackendDown',
    fault: '100 streams are open, both instances are killed, and every client comes back at once',
    remedy: 'the instances are started again; the storm ends by itself',
    break: async (system) => {
      await times(100, () => system.operator.stream());
      await Promise.all(system.backends.map((one) => one.end('SIGKILL')));
    },
    fix: async (system) => {
      await Promise.all(system.backends.map(async (one) => (await one.start()).ready()));
      const streams = await times(100, () => system.operator.stream());
      await Promise.all(streams.map((stream) => stream.close()));
    },
  },
  {
    name: 'emergency-revocation',
    runbook: 'Emergency revocation after a leak',
    alert: null,
    fault: 'somebody reads the stream with a principal token that leaked',
    remedy: 'the commands of the runbook revoke and restore it',
    break: async (system) => {
      await system.others.leaked.stream();
    },
    fix: nothing,
  },
  {
    name: 'bad-deployment',
    runbook: 'A bad deployment',
    alert: 'HighServerErrorRate',
    pagedAs: 'RedisDown',
    fault: 'both instances are replaced by a version that reaches no Redis',
    remedy: 'the version before is started again',
    break: (system) => Promise.resolve(system.way.block()),
    load: (system) => times(5, () => system.operator.post('/events/sse-token')),
    fix: async (system) => {
      system.way.breakAll();
      for (const one of system.backends) {
        await one.end('SIGTERM');
        await (await one.start()).ready();
      }
    },
  },
];
