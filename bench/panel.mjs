/**
 * `npm run bench:panel`: a busy stream into one panel in Chromium, judged by the
 * browser's own performance API: long tasks, event timing, memory, paint. Fails
 * when it misses what the panel promises.
 *
 *   --minutes <n>  how long (default 5)
 *   --rate <n>     events a second (default 1000)
 */
import { availableParallelism, loadavg } from 'node:os';
import { bootstrap, giveUp, Stop } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url);
const { demoEvent } = await import('../scripts/lib/demo-events.mjs');
const { openPanel, withPanelStack } = await import('../scripts/lib/panel-stack.mjs');
const { setTimeout: delay } = await import('node:timers/promises');

const BATCHES_PER_SECOND = 10;
/** Longest task of a second, at the median: nobody notices less. Milliseconds. */
const TASK_LIMIT_MS = 100;
/** From a press to the paint that shows it, at the 75th percentile: "good" (web.dev, INP). Milliseconds. */
const PRESS_LIMIT_MS = 200;
/** The heap of the last third against that of the first. */
const HEAP_GROWTH_LIMIT = 1.2;

try {
  const { values } = readOptions({
    options: {
      minutes: { type: 'string', default: '5' },
      rate: { type: 'string', default: '1000' },
    },
  });
  const minutes = Number(values.minutes);
  const rate = Number(values.rate);
  if (!(minutes > 0) || !(rate >= BATCHES_PER_SECOND)) {
    throw new Stop('--minutes takes a number above 0, --rate one from 10 on.');
  }
  await withPanelStack((stack) => measure(stack, minutes * 60, rate));
  process.exit();
} catch (error) {
  giveUp(error);
}

async function measure(stack, seconds, rate) {
  const context = await stack.browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(observe);
  const opened = performance.now();
  const page = await openPanel(context, stack);
  const sight = performance.now() - opened;
  const firstPaint = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  console.log(`first contentful paint   ${Math.round(firstPaint)} ms after the navigation`);
  console.log(
    `signed in, live          ${Math.round(sight)} ms after it, token pasted by the script`,
  );
  await page.evaluate(() => globalThis.measured.start());

  const feed = publishing(stack, seconds, rate);
  const heap = [];
  while (!feed.isOver) {
    await delay(5_000);
    await press(page);
    heap.push(await usedHeap(context, page));
  }
  const published = await feed.done;
  const measured = await page.evaluate(() => globalThis.measured.read());
  await page.getByLabel('Search events').fill(`demo-${published - 1}`);
  await page.getByText(/^1 match in /).waitFor();
  console.log('the last event published is in the list');
  report({ ...measured, published, heap });
}

/**
 * Runs in the page. A second without a long task counts as one of 0 ms; a press
 * that was on screen within 16 ms is not reported by the browser and counts as 16.
 */
function observe() {
  const tasks = [];
  const presses = new Map();
  let from = 0;
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) {
      if (interactionId === 0) continue;
      presses.set(interactionId, Math.max(presses.get(interactionId) ?? 0, duration));
    }
  }).observe({ type: 'event', durationThreshold: 16 });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push([startTime, duration]);
  }).observe({ type: 'longtask' });
  globalThis.measured = {
    start: () => {
      tasks.length = 0;
      presses.clear();
      from = performance.now();
    },
    read: () => {
      const seconds = Array.from({ length: Math.ceil((performance.now() - from) / 1000) }, () => 0);
      for (const [at, duration] of tasks) {
        const index = Math.floor((at - from) / 1000);
        if (index >= 0) seconds[index] = Math.max(seconds[index], duration);
      }
      return { seconds, longTasks: tasks.length, presses: [...presses.values()] };
    },
  };
}

/** Publishes on a fixed beat, whatever the server takes. */
function publishing({ publish }, seconds, rate) {
  const feed = { isOver: false };
  const size = Math.round(rate / BATCHES_PER_SECOND);
  feed.done = (async () => {
    const started = performance.now();
    const answers = [];
    for (let batch = 0; batch < seconds * BATCHES_PER_SECOND; batch += 1) {
      const due = started + (batch * 1000) / BATCHES_PER_SECOND;
      await delay(Math.max(0, due - performance.now()));
      const events = Array.from({ length: size }, (_, index) =>
        demoEvent(batch * size + index, Date.now()),
      );
      const answer = publish(events);
      // Reported at the end by Promise.all; until then it must not count as unhandled.
      answer.catch(() => undefined);
      answers.push(answer);
    }
    await Promise.all(answers);
    return answers.length * size;
  })().finally(() => (feed.isOver = true));
  feed.done.catch(() => undefined);
  return feed;
}

/** Holds the list and lets it go again; the page itself measures how long each press took. */
async function press(page) {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
}

/** Megabytes that are still in use after a collection. */
async function usedHeap(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  return (await page.evaluate(() => performance.memory.usedJSHeapSize)) / 2 ** 20;
}

/** Prints the figures. @throws Stop naming each that is missed */
function report({ seconds, longTasks, presses, published, heap }) {
  const at = (list, share) =>
    list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? NaN;
  const ms = (value) => `${Math.round(value)} ms`;
  const third = Math.ceil(heap.length / 3);
  const pressed = presses.concat(Array(Math.max(0, heap.length * 2 - presses.length)).fill(16));
  const task = at(seconds, 0.5);
  const [before, after] = [heap.slice(0, third), heap.slice(-third)].map((part) => at(part, 0.5));
  console.log(
    [
      `published                ${published} events in ${seconds.length} s`,
      `longest task of a second ${ms(task)} at the median, ${ms(at(seconds, 0.95))} at p95 (under 50 ms counts as 0)`,
      `long tasks               ${longTasks} of 50 ms or more`,
      `a press to its paint     ${ms(at(pressed, 0.5))} at the median, ${ms(at(pressed, 0.75))} at p75, ${ms(at(pressed, 1))} at most, of ${pressed.length}`,
      `heap after collection    ${before.toFixed(1)} MB in the first third, ${after.toFixed(1)} MB in the last`,
      `machine                  ${availableParallelism()} processors, load average ${loadavg()[0].toFixed(1)}`,
    ].join('\n'),
  );
  const missed = [
    task > TASK_LIMIT_MS && `the longest task of a second is above ${TASK_LIMIT_MS} ms`,
    at(pressed, 0.75) > PRESS_LIMIT_MS && `a press takes more than ${PRESS_LIMIT_MS} ms`,
    after > before * HEAP_GROWTH_LIMIT && 'the heap grows',
  ].filter(Boolean);
  if (missed.length > 0) throw new Stop(`Missed: ${missed.join('; ')}.`);
}
