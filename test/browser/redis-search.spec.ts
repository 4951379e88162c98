/**
 * The search of a long log on a real Redis, which takes several requests: progress and end.
 * `npm run test:long -- redis-search`
 * @needs chromium
 * @needs redis-server
 */
import type { Browser } from 'playwright-core';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { launchChromium } from '../support/process/chromium.ts';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(300_000);

/**
 * More than one request may read (SEARCH_BUDGET), so that a search shows how far it has come.
 * The texts have three letters: of longer ones the log knows where they cannot be.
 */
const NOISE = 60_000;

let redis: RedisUnderTest;
let stack: Stack;
let browser: Browser;
let operator: Operator;

beforeAll(async () => {
  redis = await RedisUnderTest.start('standalone');
  [stack, browser] = await Promise.all([
    startStack({ ...redis.env, VX11_EVENT_LOG_LENGTH: '200000' }),
    launchChromium(),
  ]);
  // Of different types, because the panel folds similar events that follow each other soon.
  const needle = (n: number) => event({ type: `needle.${n}`, data: { summary: `Zebracorn ${n}` } });
  await stack.caller.publish(needle(1), needle(2));
  await stack.caller.publishMany('hay', NOISE);
  await stack.caller.publish(needle(3));
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterEach(() => operator.reset());

afterAll(async () => {
  await operator.closeBrowser();
  await browser.close();
  await stack.stop();
  await redis.stop();
});

interface Seen {
  /** `searched_back_to` of each answer of the history. */
  readonly positions: string[];
  /** What the panel said about its progress, in order, each once. */
  said(): Promise<string[]>;
}

/** Records what the server answers and what the panel says from now on. */
async function record(): Promise<Seen> {
  const positions: string[] = [];
  operator.page.on('response', (response) => {
    if (!/\/events\?.*q=/.test(response.url())) return;
    void response.json().then(
      ({ searched_back_to: position }) => position !== null && positions.push(position),
      // An answer that the panel no longer waits for has no body.
      () => undefined,
    );
  });
  await operator.page.addInitScript(`
    globalThis.said = new Set();
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll('.shown-count, .list-end'))
        said.add(textContent);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  `);
  return { positions, said: () => operator.page.evaluate<string[]>('[...said]') };
}

it('a search of the whole log on Redis shows how far back it is, and comes to an end', async () => {
  const seen = await record();
  await operator.open('#/events?q=ebr&tz=utc');
  await operator.shows('Zebracorn 1');
  await expectSeen(operator.page.getByText('The log begins here.'));
  const counted = await eventually(
    () => operator.page.locator('.shown-count').textContent(),
    (text) => text === '3 matches in the whole log',
  );
  expect(counted).toBe('3 matches in the whole log');
  expect(await operator.summaries('Zebracorn')).toEqual([3, 2, 1].map((n) => `Zebracorn ${n}`));
  const said = await seen.said();
  expect(seen.positions.length).toBeGreaterThan(1);
  for (const position of seen.positions) {
    const time = new Date(Number(position.split('-')[0])).toISOString();
    const words = `Searching, back to ${time.slice(0, 10)} ${time.slice(11, 19)}`;
    expect(said).toContainEqual(expect.stringContaining(words));
  }
  // The count of the matches goes step by step as well.
  expect(said).toContainEqual(expect.stringMatching(/match(es)? back to 2\d{3}-/));
});

it.each([
  ['before the first answer', 0],
  ['in the middle of the log', 1],
])(
  'a search that is stopped %s says how far it looked, and goes on to the end',
  async (_, held) => {
    const { page } = operator;
    let requests = 0;
    const pattern = /\/operator\/api\/events\?.*q=xyz/;
    // The request that is held stays open, so that there is a search to stop.
    await page.route(pattern, async (route) => {
      requests += 1;
      if (requests <= held) await route.continue();
    });
    // Not the page of the last test: it would search as well, until it is reloaded.
    await page.goto('about:blank');
    await operator.open('#/events?q=xyz');
    await eventually(
      () => Promise.resolve(requests),
      (number) => number > held,
    );
    await page.locator('.shown-count').getByRole('button', { name: 'Stop' }).click();
    await expectSeen(page.getByText(/^No events that match the filter since 2\d{3}-/));
    await page.unroute(pattern);
    expect(requests).toBe(held + 1);
    await page.getByRole('button', { name: 'Search further back' }).click();
    await expectSeen(page.getByText('No events that match the filter in the log.'));
  },
);

itLeaksNoToken();
