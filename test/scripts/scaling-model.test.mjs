import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadsOf, measured, planFor, table } from '../../scripts/lib/scaling-model.mjs';

const load = { streams: 100_000, eventsPerS: 100, share: 0.1, eventBytes: 500 };

/** Round figures, so that the results can be worked out by hand. */
const round = {
  instance: {
    baseMiB: 100,
    streamKiB: 50,
    writeUs: 10,
    deliveryUs: 1,
    issueUs: 200,
    openUs: 300,
    followUs: 1_000,
  },
  gateway: { baseMiB: 50, streamKiB: 10, writeUs: 5, openUs: 100 },
  redis: {
    issueUs: 20,
    openUs: 30,
    appendUs: 40,
    readUs: 10,
    tokenBytes: 1_000,
    eventBytes: 1_000,
  },
};

const close = (actual, expected) => assert.ok(Math.abs(actual / expected - 1) < 0.001, `${actual}`);

test('instances: the cost of the streams, divided by what following the log leaves of half a core, plus two', () => {
  const plan = planFor(load, round);
  // 10 events and 1/15 heartbeat a second: 10.0667 writes of 10 µs, 10 deliveries of 1 µs.
  const streams = 100_000 * (10.066667 * 10 + 10 * 1) * 1e-6;
  const opens = (100_000 / 3_240) * 500e-6;
  // 100 events of 1 ms leave 0.4 of the half core.
  assert.equal(plan.instances, Math.ceil((streams + opens) / 0.4) + 2);
  close(plan.instanceCores, streams + opens + plan.instances * 0.1);
  close(plan.instanceGiB, (plan.instances * 100 + (100_000 * 50) / 1024) / 1024);
});

test('a busy stream is written to at most once a round of the hub', () => {
  const scheduler = readFileSync('src/events/streams/round-scheduler.ts', 'utf8');
  const period = Number(/^const PERIOD_MS = (\d+);$/m.exec(scheduler)[1]);
  const writes = 1_000 / period + 1 / 15;
  const busy = planFor({ ...load, eventsPerS: 400, share: 1 }, round);
  const twice = planFor({ ...load, eventsPerS: 400, share: 0.5 }, round);
  close(busy.instanceCores - busy.instances * 0.4, 100_000 * (writes * 10 + 400) * 1e-6 + 0.0154);
  assert.ok(busy.instanceCores < 2 * twice.instanceCores);
});

test('quiet streams are limited by how many an instance takes', () => {
  const quiet = planFor({ ...load, eventsPerS: 1, share: 0.001 }, round);
  assert.equal(quiet.instances, 100_000 / 20_000 + 2);
});

test("Redis: one shard for the log, and the tokens' own", () => {
  const plan = planFor({ ...load, churnS: 10 }, round);
  const opens = 100_000 * (1 / 3_240 + 1 / 10);
  close(plan.opensPerS, opens);
  assert.equal(plan.redisShards, 1 + Math.ceil((opens * 50e-6) / 0.5));
  close(plan.logCores, (100 + plan.instances) * (40 + plan.instances * 10) * 1e-6);
  close(plan.redisMiB, (opens * 660 * 1_000 + 100_000 * 1_000) / 2 ** 20);
  close(plan.redisOutMbitPerS, (100 * 500 * plan.instances * 8) / 1e6);
});

test('a reconnect storm ends when the slowest of instances, Redis and clients has finished', () => {
  // 50 µs of a Redis that is half free; the instances' 500 µs are spread over hundreds.
  close(planFor(load, round).stormAllS, (100_000 * 50e-6) / 0.5);
  const slow = { ...round, instance: { ...round.instance, openUs: 49_800 } };
  const plan = planFor(load, slow);
  const free = 1 - plan.instanceCores / plan.instances;
  close(plan.stormAllS, (100_000 * 50e-3) / (plan.instances * free));
  close(
    plan.stormOneInstanceS,
    ((100_000 / plan.instances) * 50e-3) / ((plan.instances - 1) * free),
  );
  const dear = { ...round, gateway: { ...round.gateway, openUs: 20_000 } };
  close(planFor(load, dear).stormAllS, (100_000 * 20e-3) / (planFor(load, dear).gateways * 0.5));
  assert.equal(planFor({ ...load, streams: 100 }, round).stormAllS, 1);
});

test('a larger input never gives a smaller result', () => {
  for (const [name, more] of [
    ['streams', 200_000],
    ['eventsPerS', 150],
    ['share', 0.2],
  ]) {
    const [less, greater] = [planFor(load, round), planFor({ ...load, [name]: more }, round)];
    for (const key of ['instances', 'gateways', 'instanceGiB', 'redisMiB', 'logCores']) {
      assert.ok(greater[key] >= less[key], `${key} with more ${name}`);
    }
  }
});

test('reports too many events for an instance to follow, or for one log', () => {
  assert.equal(planFor({ ...load, eventsPerS: 600 }, round).possible, false);
  assert.match(table([{ ...load, eventsPerS: 600 }], round), /too many events for one log/);
});

test('the guide shows the inputs and the results of the model', () => {
  const guide = readFileSync('docs/operational/SCALING_GUIDE_EPHEMERAL_TOKENS.md', 'utf8');
  assert.ok(guide.includes(table(loadsOf())), `the table should be:\n${table(loadsOf())}`);
  for (const [part, figures] of Object.entries(measured)) {
    for (const [name, figure] of Object.entries(figures)) {
      assert.match(guide, new RegExp(`^\\| \`${part}.${name}\` \\| ${figure} \\|`, 'm'));
      assert.ok(figure > 0);
    }
  }
});

test('the command prints the table, and refuses text that is not a number', () => {
  const run = (...args) =>
    execFileSync(process.execPath, ['scripts/scaling-model.mjs', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  assert.equal(
    run('--streams', '5000').trim(),
    table(loadsOf({ ...defaultsOf(), streams: '5000' })),
  );
  assert.throws(() => run('--events', 'many'), /--events takes numbers above 0, not "many"/);
});

function defaultsOf() {
  return { events: '100', share: '0.05', bytes: '500' };
}
