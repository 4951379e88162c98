/**
 * `npm run smoke:outages`: the panel in Chromium while the backend is frozen (SIGSTOP)
 * for 30 s, the backend is killed, the gateway is killed, and the lid of the laptop is closed for three minutes, in real
 * time. Prints what the panel said, and when. Fails when an event is missing from the
 * list or stands in it twice, or when the panel says Live for longer than it may.
 *
 *   --minutes <n>  how long the lid is closed (default 3)
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, Stop } from '../lib/bootstrap.mjs';
import { readOptions } from '../lib/options.mjs';
import { kill, signal } from './kill-one.mjs';
import { publishing } from './publishing.mjs';
import { auth } from './watcher.mjs';

const LOOK_MS = 100;
/** Silence is known for what it is after two and a half heartbeats of 15 s; a second for a busy machine. */
const LONGEST_LIE_MS = 38_500;
/** The panel knows a frozen backend by its silence after this time. */
const STALE_SECONDS = 10;
const PATIENCE_MS = 120_000;

await bootstrap(import.meta.url);
try {
  const { values } = readOptions({ options: { minutes: { type: 'string', default: '3' } } });
  const closedMs = Number(values.minutes) * 60_000;
  if (!(closedMs > 0)) throw new Stop('--minutes takes a number above 0.');
  const { launchBrowser, startSystem } = await import('../lib/own-system.mjs');
  const [browser, system] = await Promise.all([launchBrowser(), startSystem()]);
  await outages(browser, system, closedMs);
  await browser.close();
  await system.stop();
  process.exit();
} catch (error) {
  giveUp(error);
}

async function outages(browser, system, closedMs) {
  const { TcpProxy } = await import('../../test/support/tcp-proxy.ts');
  const way = await TcpProxy.to(system.url);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${way.url}/operator/ui/#/events?is=type:smoke.outage&group=0`);
  await page.locator('#principal-token:focus').waitFor();
  await page.keyboard.insertText(system.token);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Live/ }).waitFor();

  const feed = publishing(system.backend, system.token);
  const states = looking(page);
  await outage(states, feed, 'operator-backend frozen for 30 s', () => freeze(system, states));
  await outage(states, feed, 'operator-backend killed', () => kill(system, 'operator-backend.js'));
  await outage(states, feed, 'tentaculo-link killed', () => kill(system, 'tentaculo-link.js'));
  await outage(states, feed, `lid closed for ${closedMs / 60_000} min`, async () => {
    const issued = await tokens(system);
    way.block();
    await context.setOffline(true);
    await delay(closedMs);
    if (states.now.startsWith('Live')) throw new Stop('The panel still says Live.');
    states.mark('lid opened');
    // What was connected before is dead; new connections work.
    way.breakAll();
    await context.setOffline(false);
    await states.live();
    const now = await tokens(system);
    states.mark(
      `${now.issued - issued.issued} new token, ${now.reused - issued.reused} used again`,
    );
  });
  const published = await feed.end();
  judge(await listed(page, published), published);
  states.end();
  await way.close();
}

/** A frozen backend keeps its connections: only its silence shows. */
async function freeze(system, states) {
  signal(system, 'operator-backend.js', 'SIGSTOP');
  let waited = 0;
  for (const seconds of [5, 10, 30]) {
    await delay((seconds - waited) * 1_000);
    waited = seconds;
    states.mark(`after ${seconds} s: ${states.said}`);
    if (seconds >= STALE_SECONDS && states.now.startsWith('Live'))
      throw new Stop('The panel says Live over a frozen backend.');
  }
  signal(system, 'operator-backend.js', 'SIGCONT');
  states.mark('operator-backend goes on');
}

/** Lets the outage happen; ends when the panel is live and an event of afterwards is in sight. */
async function outage(states, feed, name, happen) {
  states.mark(name);
  const leaving = states.left();
  const at = performance.now();
  await happen();
  const silentMs = (await leaving) - at;
  if (silentMs > LONGEST_LIE_MS) throw new Stop(`Live was said for ${silentMs} ms after the end.`);
  await states.live();
  await states.shows(await feed.next());
}

/** Looks at the state in the header all the time, and prints each change. */
function looking(page) {
  const started = performance.now();
  const waiting = [];
  const watch = { now: '', said: '', isOver: false };
  const tell = (text) =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  void (async () => {
    while (!watch.isOver) {
      const text = (await page.locator('.connection-button').innerText()).replace(/\s+/g, ' ');
      // Countdowns and ages change all the time; what is told is what changes besides.
      const words = text.replace(/last event.*|no event yet/, '').replace(/\d+/g, '…');
      if (words !== watch.now) tell(`  ${words}`);
      watch.now = words;
      watch.said = text;
      for (const { isMet, resolve } of waiting) if (isMet(words)) resolve(performance.now());
      await delay(LOOK_MS);
    }
  })().catch((error) => watch.isOver || giveUp(error));
  const until = async (isMet) => {
    if (isMet(watch.now)) return performance.now();
    return inTime(new Promise((resolve) => waiting.push({ isMet, resolve })));
  };
  return {
    get now() {
      return watch.now;
    },
    /** All that the header says, with its numbers. */
    get said() {
      return watch.said;
    },
    mark: tell,
    live: () => until((words) => words.startsWith('Live')),
    left: () => until((words) => !words.startsWith('Live')),
    shows: (summary) =>
      page.locator('.row.event', { hasText: summary }).waitFor({ timeout: PATIENCE_MS }),
    end: () => (watch.isOver = true),
  };
}

async function inTime(promise) {
  const late = new AbortController();
  const timeout = delay(PATIENCE_MS + 180_000, undefined, { signal: late.signal, ref: false });
  const answer = await Promise.race([promise, timeout.catch(() => undefined)]);
  late.abort();
  if (answer === undefined) throw new Stop('The panel did not change its state.');
  return answer;
}

/** The numbers in the list, oldest first, as its own export has them. */
async function listed(page, published) {
  await page.locator('.row.event', { hasText: `event ${published - 1}.` }).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'NDJSON' }).click(),
  ]);
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line).data.number);
}

function judge(numbers, published) {
  const known = new Set(numbers);
  const missing = Array.from({ length: published }, (_, n) => n).filter((n) => !known.has(n));
  const doubles = numbers.length - known.size;
  console.log(
    `${published} events accepted, ${numbers.length} in the list: ` +
      `${missing.length} missing, ${doubles} twice`,
  );
  if (missing.length > 0 || doubles > 0) throw new Stop('Missed: each event once.');
}

async function tokens({ backend, token }) {
  const text = await (await fetch(`${backend}/metrics`, { headers: auth(token) })).text();
  const value = (name) =>
    Number(
      new RegExp(`^vx11_operator_ephemeral_tokens_${name}_total (\\d+)$`, 'm').exec(text)?.[1],
    );
  return { issued: value('issued'), reused: value('reused') };
}
