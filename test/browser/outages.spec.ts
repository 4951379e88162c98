/**
 * What the panel shows during outages: the real state, and every event once.
 * @needs chromium
 */
import type { Browser } from 'playwright-core';
import { event } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { launchChromium } from '../support/process/chromium.ts';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(120_000);

const LOG_LENGTH = 1_000;
const type = 'shop.outage';

let stack: Stack;
let browser: Browser;
let network: TcpProxy;
let operator: Operator;
let published = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startStack({ VX11_EVENT_LOG_LENGTH: String(LOG_LENGTH) }),
    launchChromium(),
  ]);
  network = await TcpProxy.to(Number(new URL(stack.url).port));
});

afterAll(async () => {
  await browser.close();
  await network.close();
  await stack.stop();
});

beforeEach(async () => {
  // Of this test alone: the server may not have noticed yet that the last browser is closed.
  await stack.caller.streams(0);
  operator = await Operator.at(browser, `http://127.0.0.1:${network.port}`, stack.caller.token);
  await operator.open(`#/events?is=type:${type}&group=0`);
  await operator.isLive();
  first = published;
});

afterEach(() => operator.closeBrowser());

/** The number of this test's first event. */
let first: number;

async function publish(count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) =>
    event({ type, data: { summary: `event ${published + index}` } }),
  );
  published += count;
  await stack.caller.publish(...events);
}

/** All of this test's events are there: none missing, none twice, newest first. */
async function expectAllEvents(): Promise<void> {
  await operator.shows(`event ${published - 1}`);
  const mine = (await operator.summaries('event')).filter(
    (summary) => Number(summary.split(' ')[1]) >= first,
  );
  const expected = Array.from({ length: published - first }, (_, index) => first + index);
  expect(mine).toEqual(expected.toReversed().map((number) => `event ${number}`));
}

const state = (name: RegExp) => operator.page.getByRole('button', { name }).waitFor();

describe('the list continues without a missing or a repeated event', () => {
  it('when the backend is killed and started again', async () => {
    await publish(3);
    await stack.backend.end('SIGKILL');
    await state(/^Reconnecting in \d+ s/);
    await stack.backend.start();
    await publish(3);
    await operator.isLive();
    await expectAllEvents();
  });

  it('when the gateway is killed and started again', async () => {
    await publish(3);
    await stack.gateway.end('SIGKILL');
    await publish(3);
    await state(/^Reconnecting/);
    await stack.gateway.start();
    await operator.isLive();
    await publish(1);
    await expectAllEvents();
  });

  it('when the network was down, with a line that says how many events were caught up', async () => {
    await publish(2);
    await operator.shows(`event ${published - 1}`);
    network.cut();
    await state(/^Reconnecting.*cannot be reached|^Reconnecting/);
    await publish(7);
    network.restore();
    await operator.isLive();
    await expectAllEvents();
    await operator.page.getByText(/of the \d+ missed events those that match are below/).waitFor();
  });

  it('when the lid is closed for three minutes, which outlives the token', async () => {
    const { page } = operator;
    const tokens: (string | null)[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.endsWith('/stream')) tokens.push(searchParams.get('token'));
    });
    // The clock of a worker cannot be moved; where there is none the tab reads the stream itself.
    await page.addInitScript('delete globalThis.SharedWorker');
    await page.clock.install();
    await page.reload();
    await operator.signIn();
    await operator.isLive();
    await publish(2);
    await operator.shows(`event ${published - 1}`);
    // No connection is closed, and no data arrives.
    network.block();
    await page.context().setOffline(true);
    await publish(5);
    await page.clock.fastForward('03:00');
    await state(/^Reconnecting in .*this device is offline/);
    network.cut();
    network.restore();
    await page.context().setOffline(false);
    await operator.isLive();
    await expectAllEvents();
    await expectSeen(page.getByText(/of the \d+ missed events those that match are below/));
    expect(tokens.length).toBeGreaterThanOrEqual(2);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('when the backend is restarted in an orderly way, and says so', async () => {
    await publish(2);
    const restarted = stack.backend.end('SIGTERM').then(() => stack.backend.start());
    await state(/^Reconnecting in .*(restarting|reached|503)/);
    await restarted;
    await publish(2);
    await operator.isLive();
    await expectAllEvents();
  });
});

describe('the button Retry now', () => {
  it('connects at once', async () => {
    // The tab's own requests can be answered in the server's place; a worker's cannot.
    await operator.page.addInitScript('delete globalThis.SharedWorker');
    const issuing = '**/events/sse-token';
    await operator.page.route(issuing, (route) =>
      route.fulfill({ status: 503, headers: { 'retry-after': '600' } }),
    );
    await operator.page.reload();
    await operator.signIn();
    // Long enough that only the button can end it.
    await state(/^Reconnecting in (9|10) min/);
    await operator.page.unroute(issuing);
    await operator.page.getByRole('button', { name: 'Retry now' }).click();
    await operator.isLive();
    await publish(1);
    await expectAllEvents();
  });
});

describe('events that are lost', () => {
  it('appear as a gap in the list', async () => {
    await publish(1);
    await operator.shows(`event ${published - 1}`);
    network.cut();
    await state(/^Reconnecting/);
    for (let batch = 0; batch < 4; batch += 1) await publish(500);
    network.restore();
    await operator.isLive();
    await operator.page.getByText('Some events are missing').waitFor();
    await operator.shows(`event ${published - 1}`);
    // The list draws only the rows in sight, so look for the line from top to bottom.
    const gap = operator.page.getByText(/Gap. Events are missing here/);
    const scroller = operator.page.locator('.scroller');
    const height = await scroller.evaluate((list) => list.scrollHeight);
    for (let top = 0; top <= height && (await gap.count()) === 0; top += 300) {
      await scroller.evaluate((list, to) => list.scrollTo({ top: to }), top);
      await operator.page.evaluate(
        'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
      );
    }
    await expectSeen(gap);
  });
});

describe('eight tabs', () => {
  it('are all live over one stream', async () => {
    const tabs = [operator];
    while (tabs.length < 8) tabs.push(await operator.newTab());
    for (const tab of tabs.slice(1)) await tab.open(`#/events?is=type:${type}&group=0`);
    await Promise.all(tabs.map((tab) => tab.isLive()));
    await publish(1);
    await Promise.all(tabs.map((tab) => tab.shows(`event ${published - 1}`)));
    expect(await stack.caller.streams(1)).toHaveLength(1);
  });
});

describe('an administrator', () => {
  it('can end the stream; the panel says so, and connects again when asked', async () => {
    const [id] = await stack.caller.streams(1);
    await stack.caller.api(`/streams/${id}`, { method: 'DELETE' });
    await state(/^Ended.*administrator/);
    await publish(2);
    await operator.page.getByRole('button', { name: 'Connect', exact: true }).click();
    await operator.isLive();
    await expectAllEvents();
  });
});

itLeaksNoToken();
