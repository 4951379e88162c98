import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Scenario } from '../scenario.js';
import { System } from '../system.js';
import { many, TokenCaller } from '../token-caller.js';
import { LOG, standalone } from '../topology.js';
import { cpuSeconds, openWindow } from '../window.js';
import { eventOf } from '../workload.js';

const MOST_INSTANCES = 3;
const AT_ONCE = 48;
const TOKENS = 6_000;
/** Readers of the log besides the instances, to see what each of them costs Redis. */
const MORE_READERS = 30;
/** Tokens that are issued and used through the gateway. */
const GATEWAY_TOKENS = 3_000;
/** Events that are published to see what one costs Redis. */
const EVENTS = 20_000;
const EVENTS_BATCH = 100;
/** Tokens that are used again within the five seconds of the local layer. */
const AGAIN = 600;
const PACED_PER_S = 1_000;
const PACED_SECONDS = 10;

interface Row {
  readonly instances: number;
  readonly issuesPerS: number;
  readonly opensPerS: number;
  /** Of all instances together. */
  readonly cpuUsPerIssue: number;
  readonly cpuUsPerOpen: number;
  readonly redisUsPerIssue: number;
  readonly redisUsPerOpen: number;
  readonly commandsPerIssue: number;
  readonly commandsPerOpen: number;
  /** Of the audit trail, which takes together what one turn of the event loop records. */
  readonly auditCommandsPerIssue: number;
  readonly auditCommandsPerOpen: number;
  readonly hitRateSame: number;
  readonly hitRateAny: number;
  /** Of a core, at 1000 tokens a second, from what they took at the rate that was reached. */
  readonly redisCoreAt1000: number;
  readonly pacedPerS: number;
  readonly redisBytesPerToken: number;
  readonly redisUsPerEvent: number;
  /** Of Redis, for one more instance that reads an event; NaN where it was not measured. */
  readonly redisUsPerRead: number;
  /** CPU of the gateway for an issue and an open; NaN without a gateway. */
  readonly gatewayUsPerToken: number;
  /** CPU of the instance that accepts an event and reads it again. */
  readonly acceptUsPerEvent: number;
  /** CPU of an instance that only reads it; NaN where there is none. */
  readonly followUsPerEvent: number;
  readonly redisBytesPerEvent: number;
}

export const throughput: Scenario = {
  name: 'throughput',
  claim:
    'issuing and opening through 1, 2, 3 instances: at most one command of Redis for each, and one of the audit trail for all of one turn',
  async run({ say }) {
    const rows: Row[] = [];
    for (let instances = 1; instances <= MOST_INSTANCES; instances += 1) {
      say(`${instances} instances`);
      const row = await measure(instances);
      for (const line of describe(row)) say(line);
      rows.push(row);
    }
    const dear = rows.filter((row) => row.commandsPerIssue > 1.005 || row.commandsPerOpen > 1.005);
    return {
      lines: [],
      faults: dear.map(({ instances }) => `more than one command with ${instances} instances`),
    };
  },
};

async function measure(instances: number): Promise<Row> {
  const topology = await standalone(instances);
  const gateway = instances === MOST_INSTANCES;
  const system = await System.start(topology, { instances, gateway });
  const caller = new TokenCaller(system.token);
  const server = await topology.owner();
  const redis = new Redis({ port: server?.port ?? 0, host: '127.0.0.1' });
  const url = (index: number) => system.backends[index % instances]?.url as string;
  try {
    const window = () => openWindow(system, redis);
    // Compiled, connected, and the scripts known to Redis.
    await many(500, AT_ONCE, async (index) => {
      await caller.open(url(index), await caller.issue(url(index + 1)));
    });

    const tokens: string[] = [];
    let close = await window();
    await many(TOKENS, AT_ONCE, async (index) => {
      tokens[index] = await caller.issue(url(index));
    });
    const issuing = await close();

    close = await window();
    await many(TOKENS, AT_ONCE, async (index) => {
      // On another instance than the one that has issued it, where there is another.
      const { status } = await caller.open(url(index + 1), tokens[index] as string);
      if (status !== 200) throw new Error(`opening answered ${status}`);
    });
    const opening = await close();

    const hitRateSame = await hitRate(system, caller, (index) => url(index));
    const hitRateAny = await hitRate(system, caller, (index, use) => url(index + use));
    return {
      instances,
      issuesPerS: TOKENS / issuing.seconds,
      opensPerS: TOKENS / opening.seconds,
      cpuUsPerIssue: (issuing.cpuSeconds / TOKENS) * 1e6,
      cpuUsPerOpen: (opening.cpuSeconds / TOKENS) * 1e6,
      redisUsPerIssue: (issuing.redisSeconds / TOKENS) * 1e6,
      redisUsPerOpen: (opening.redisSeconds / TOKENS) * 1e6,
      commandsPerIssue: issuing.tokenCommands / TOKENS,
      commandsPerOpen: opening.tokenCommands / TOKENS,
      auditCommandsPerIssue: issuing.auditCommands / TOKENS,
      auditCommandsPerOpen: opening.auditCommands / TOKENS,
      hitRateSame,
      hitRateAny,
      ...(await paced(system, redis, caller, url)),
      redisBytesPerToken: issuing.redisBytes / TOKENS,
      ...(await eventsCost(system, redis)),
      redisUsPerRead: gateway ? await readCost(system, redis) : NaN,
      gatewayUsPerToken: gateway ? await throughGateway(system, caller) : NaN,
    };
  } finally {
    caller.close();
    redis.disconnect();
    await system.stop({ keepDirectory: false });
  }
}

/** Each token is used twice in a row by the same client: of all uses, how many Redis was not asked for. */
async function hitRate(
  system: System,
  caller: TokenCaller,
  url: (index: number, use: number) => string,
): Promise<number> {
  const read = async () => ({
    hits: await system.metric('vx11_operator_token_cache_local_hits_total'),
    misses: await system.metric('vx11_operator_token_cache_local_misses_total'),
  });
  const before = await read();
  await many(AGAIN, 8, async (index) => {
    const token = await caller.issue(url(index, 0));
    for (const use of [0, 1]) await caller.open(url(index, use), token);
  });
  const after = await read();
  const hits = after.hits - before.hits;
  return hits / (hits + after.misses - before.misses);
}

async function throughGateway({ gateway }: System, caller: TokenCaller): Promise<number> {
  const use = async () => {
    await caller.open(gateway.url, await caller.issue(gateway.url));
  };
  await many(500, AT_ONCE, use);
  const before = cpuSeconds(gateway.pid);
  await many(GATEWAY_TOKENS, AT_ONCE, use);
  return ((cpuSeconds(gateway.pid) - before) / GATEWAY_TOKENS) * 1e6;
}

/** What so many more readers of the log add to an event's cost, for each of them. */
async function readCost(system: System, redis: Redis): Promise<number> {
  const alone = await eventsCost(system, redis);
  const readers = Array.from({ length: MORE_READERS }, () => redis.duplicate());
  const reading = readers.map(async (reader) => {
    for (let from = '$'; reader.status !== 'end';) {
      const answer = await reader
        .xread('COUNT', 500, 'BLOCK', 1000, 'STREAMS', LOG, from)
        .catch(() => undefined);
      from = answer?.[0]?.[1].at(-1)?.[0] ?? from;
    }
  });
  const together = await eventsCost(system, redis);
  for (const reader of readers) reader.disconnect();
  await Promise.all(reading);
  return (together.redisUsPerEvent - alone.redisUsPerEvent) / MORE_READERS;
}

/** What an event costs Redis, with as many readers as there are instances. */
async function eventsCost(system: System, redis: Redis) {
  // Others of the same run have been taken already, and would be duplicates.
  const run = `cost-${performance.now()}`;
  const close = await openWindow(system, redis);
  const cpu = () => system.backends.map(({ pid }) => cpuSeconds(pid));
  const before = cpu();
  await many(EVENTS / EVENTS_BATCH, 2, async (batch) => {
    const events = Array.from({ length: EVENTS_BATCH }, (_, index) =>
      eventOf(run, { publisher: 0, n: batch * EVENTS_BATCH + index }, Date.now()),
    );
    const answer = await fetch(`${system.backends[0]?.url}/operator/api/events`, {
      method: 'POST',
      headers: {
        'x-vx11-token': system.token,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    });
    if (answer.status !== 202) throw new Error(`publishing answered ${answer.status}`);
    await answer.body?.cancel();
  });
  const { redisSeconds: seconds, redisBytes: bytes } = await close();
  const [accepting = NaN, ...following] = cpu().map(
    (after, index) => ((after - (before[index] ?? 0)) / EVENTS) * 1e6,
  );
  return {
    redisUsPerEvent: (seconds / EVENTS) * 1e6,
    redisBytesPerEvent: bytes / EVENTS,
    acceptUsPerEvent: accepting,
    followUsPerEvent: following.reduce((sum, one) => sum + one, 0) / following.length,
  };
}

/** Issues and opens at a steady rate, or as near to it as the machine comes. */
async function paced(
  system: System,
  redis: Redis,
  caller: TokenCaller,
  url: (index: number) => string,
): Promise<Pick<Row, 'redisCoreAt1000' | 'pacedPerS'>> {
  const close = await openWindow(system, redis);
  const startedAt = performance.now();
  const tokens = PACED_PER_S * PACED_SECONDS;
  await many(tokens, AT_ONCE, async (index) => {
    const due = startedAt + (index / PACED_PER_S) * 1000;
    if (due > performance.now()) await delay(due - performance.now());
    await caller.open(url(index + 1), await caller.issue(url(index)));
  });
  const { redisSeconds: busy, seconds } = await close();
  return { redisCoreAt1000: (busy / tokens) * PACED_PER_S, pacedPerS: tokens / seconds };
}

function describe(row: Row): string[] {
  const us = (value: number) => `${Math.round(value)} µs`;
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  return [
    `${row.instances} instances: ${Math.round(row.issuesPerS)} issued/s, ${Math.round(row.opensPerS)} opened/s; ` +
      `CPU of the instances ${us(row.cpuUsPerIssue)} an issue, ${us(row.cpuUsPerOpen)} an open`,
    `  Redis: ${row.commandsPerIssue.toFixed(3)} commands an issue (${us(row.redisUsPerIssue)}), ` +
      `${row.commandsPerOpen.toFixed(3)} an open (${us(row.redisUsPerOpen)}), ` +
      `and ${row.auditCommandsPerIssue.toFixed(2)}, ${row.auditCommandsPerOpen.toFixed(2)} of the audit trail; ` +
      `at ${PACED_PER_S} tokens/s ${percent(row.redisCoreAt1000)} of a core (measured at ${Math.round(row.pacedPerS)})`,
    `  Redis: an event ${row.redisUsPerEvent.toFixed(1)} µs with ${row.instances} readers and ${Math.round(row.redisBytesPerEvent)} bytes, ` +
      `a token ${Math.round(row.redisBytesPerToken)} bytes`,
    ...(Number.isNaN(row.gatewayUsPerToken)
      ? []
      : [
          `  gateway: ${us(row.gatewayUsPerToken)} for an issue and an open`,
          `  Redis: ${row.redisUsPerRead.toFixed(2)} µs for each instance that reads an event`,
        ]),
    `  instances: an event ${us(row.acceptUsPerEvent)} where it is accepted, ${us(row.followUsPerEvent)} elsewhere`,
    `  local layer, each token used twice within 5 s: ${percent(row.hitRateSame)} of the uses on one instance, ` +
      `${percent(row.hitRateAny)} by turns`,
  ];
}
