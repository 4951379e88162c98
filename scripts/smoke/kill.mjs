/**
 * `npm run smoke:kill`: kills a neighbour, operator-backend and the gateway with
 * SIGKILL, one after the other, and prints what a client, the events and the list of
 * services show of it, and when. Linux only: it finds the processes under /proc.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Stop, bootstrap, giveUp, refuseArguments } from '../lib/bootstrap.mjs';
import { kill } from './kill-one.mjs';
import { auth, Watcher } from './watcher.mjs';

const POLL_MS = 25;
const PATIENCE_MS = 60_000;
/** Within this the services have been looked at. */
const LOOKED_MS = 10_000;
const MOST_KILLS = 10;
const STREAM = '/operator/api/events/stream';

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { startSystem } = await import('../lib/own-system.mjs');
  const system = await startSystem();
  await settled(system);
  await killNeighbour(system);
  await killBackend(system);
  await killGateway(system);
  const code = await system.stop();
  if (code !== 0) throw new Stop(`npm start ended with ${code}`);
  process.exit();
} catch (error) {
  giveUp(error);
}

/**
 * Kills a service until it is missed: it may be back before the services are looked at again.
 * @param killOnce resolves to when it was killed
 */
async function killUntilMissed(system, watcher, service, killOnce) {
  for (let kills = 0; kills < MOST_KILLS; kills += 1) {
    await settled(system);
    const since = await killOnce();
    const down = await watcher.event('down', service, LOOKED_MS);
    if (down === undefined) continue;
    report(service, 'event vx11.service.down', since, down);
    return since;
  }
  throw new Stop(`${service}: there was no event vx11.service.down.`);
}

async function killNeighbour(system) {
  const watcher = await Watcher.open(system.url, system.token);
  const since = await killUntilMissed(system, watcher, 'hermes', () =>
    kill(system, 'neighbour.js', 'hermes'),
  );
  report('hermes', 'listed as down', since, await listed(system, 'hermes', 'down'));
  report('hermes', 'event vx11.service.up', since, await watcher.event('up', 'hermes'));
  watcher.leave();
}

async function killBackend(system) {
  const watcher = await Watcher.open(system.url, system.token);
  const since = kill(system, 'operator-backend.js');
  const { at, how } = await watcher.ended;
  report('operator-backend', `the client's stream has ended (${how})`, since, at);
  const { seen, opened } = await reopen(system);
  report('operator-backend', `until then new streams got ${seen}; one is open`, since, opened);
  report('operator-backend', 'seven of seven again', since, await settled(system));
}

async function killGateway(system) {
  const watcher = await Watcher.open(system.backend, system.token);
  const since = await killUntilMissed(system, watcher, 'tentaculo-link', async () => {
    const client = await Watcher.open(system.url, system.token);
    const killedAt = kill(system, 'tentaculo-link.js');
    const { at, how } = await client.ended;
    report('tentaculo-link', `the client's stream has ended (${how})`, killedAt, at);
    const { seen, opened } = await reopen(system);
    report('tentaculo-link', `until then new streams got ${seen}; one is open`, killedAt, opened);
    return killedAt;
  });
  const up = await watcher.event('up', 'tentaculo-link');
  report('tentaculo-link', 'event vx11.service.up', since, up);
  watcher.leave();
}

function report(service, what, since, at) {
  if (at === undefined) throw new Stop(`${service}: there was no ${what}.`);
  console.log(`${service.padEnd(18)}${String(Math.round(at - since)).padStart(6)} ms  ${what}`);
}

/** When the list of services shows it so. */
async function listed({ url, token }, name, status) {
  return poll(async () => {
    const answer = await fetch(`${url}/operator/api/services`, { headers: auth(token) });
    const { services } = await answer.json();
    return services.find((row) => row.name === name).status === status;
  });
}

async function settled({ url }) {
  return poll(async () => {
    const answer = await fetch(`${url}/health`);
    return answer.ok && (await answer.json()).services.up === 7;
  });
}

/** Tries until a stream opens; what the attempts before got. */
async function reopen({ url, token }) {
  const seen = new Set();
  const opened = await poll(async () => {
    const answer = await fetch(url + STREAM, { headers: auth(token) });
    await answer.body.cancel();
    if (!answer.ok) seen.add(String(answer.status));
    return answer.ok;
  }, seen);
  return { seen: [...seen].join(', ') || 'nothing else', opened };
}

/** When `condition` first holds; a refused connection counts as no. */
async function poll(condition, seen = new Set()) {
  const startedAt = performance.now();
  for (;;) {
    const good = await condition().catch((error) => {
      seen.add(error.cause?.code ?? error.message);
      return false;
    });
    if (good) return performance.now();
    if (performance.now() - startedAt > PATIENCE_MS) throw new Stop('That took too long.');
    await delay(POLL_MS);
  }
}
