/**
 * The client in a real browser, on a page of another origin than the backend.
 * @needs chromium
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { SharedEventsClientOptions } from '../../client/src/shared/index.js';
import type { ClientState, EventsClient } from '../../client/src/types.js';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { PageServer } from './support/browser-page.js';
import { launchChromium } from '../support/process/chromium.ts';
import { TcpProxy } from '../support/tcp-proxy.js';
import { event as eventAt, FaultServer, sendJson } from './support/fault-server.js';

// The client is built for the page and a browser started: on a busy machine that takes long.
jest.setTimeout(120_000);

const ONE = eventAt(1);

/** What the page keeps for its test. */
interface InPage {
  vx11: {
    ids: string[];
    states: ClientState[];
    client: EventsClient;
    open(options: Partial<SharedEventsClientOptions> & { shared?: boolean }): void;
  };
}

let pages: PageServer;
let browser: Browser;
let backend: TestBackend;
let way: TcpProxy;
let context: BrowserContext;

beforeAll(async () => {
  [pages, browser] = await Promise.all([new PageServer().start(), launchChromium()]);
});

afterAll(async () => {
  await browser.close();
  await pages.stop();
});

beforeEach(async () => {
  backend = await startBackend({ VX11_CORS_ORIGINS: pages.origin });
  way = await TcpProxy.to(backend.url);
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await way.close();
  await backend.close();
});

type Options = Partial<Pick<SharedEventsClientOptions, 'transport' | 'sharing' | 'baseUrl'>> & {
  shared?: boolean;
};

async function openTab(options: Options = {}): Promise<Page> {
  const page = await context.newPage();
  await page.goto(pages.origin);
  const all = { baseUrl: way.url, token: backend.token, filter: { type: ['test.event'] } };
  await page.evaluate((given) => (globalThis as unknown as InPage).vx11.open(given), {
    ...all,
    ...options,
  });
  return page;
}

async function hasIds(page: Page, ...ids: string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) => (globalThis as unknown as InPage).vx11.ids.length >= wanted,
    ids.length,
  );
  expect(await page.evaluate(() => (globalThis as unknown as InPage).vx11.ids)).toEqual(ids);
}

const isLive = async (page: Page): Promise<unknown> =>
  page.waitForFunction(() => (globalThis as unknown as InPage).vx11.client.state.status === 'live');

const publish = async (id: string): Promise<unknown> => backend.caller.publish(event({ id }));

/** Everything a page keeps or shows of where it was. */
const TRACES = `JSON.stringify([
  Object.entries(localStorage),
  Object.entries(sessionStorage),
  document.cookie,
  location.href,
  performance.getEntriesByType('resource').map(({ name }) => name),
])`;

describe.each([
  ['eventsource', true],
  ['fetch', false],
] as const)('in Chromium, with %s', (transport, isTokenInUrl) => {
  it('reads events, survives a cut, and leaves no principal token in the page', async () => {
    const page = await openTab({ transport });
    await isLive(page);
    await publish('a');
    await hasIds(page, 'a');
    way.breakAll();
    await publish('b');
    await hasIds(page, 'a', 'b');
    const traces = String(await page.evaluate(TRACES));
    expect(traces).toContain('/operator/api/events/stream');
    expect(traces).not.toContain(backend.token);
    expect(traces.includes('token=')).toBe(isTokenInUrl);
  });
});

describe('the cookie that comes with an ephemeral token', () => {
  it.each(['eventsource', 'fetch'] as const)(
    'goes back to another origin when the stream is opened with %s',
    async (transport) => {
      const server = await new FaultServer().start();
      const cors = {
        'access-control-allow-origin': pages.origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'authorization,content-type',
      };
      const issued = { sse_token: 'ephemeral', expires_in_sec: 60, ttl_sec: 60 };
      const cookie = 'bound=to-the-token; HttpOnly; SameSite=Strict; Path=/';
      server.always('issue', ({ request, response }) => {
        if (request.method === 'OPTIONS') response.writeHead(204, cors).end();
        else sendJson(response, 200, issued, { ...cors, 'set-cookie': cookie });
      });
      server.always('stream', ({ request, response }) => {
        if (request.method === 'OPTIONS') return void response.writeHead(204, cors).end();
        const sent = String(request.headers.cookie);
        response.writeHead(200, { ...cors, 'content-type': 'text/event-stream' });
        response.write(`retry: 100\nid: 1-0\ndata: ${JSON.stringify({ ...ONE, id: sent })}\n\n`);
      });
      const page = await openTab({ transport, baseUrl: server.baseUrl });
      await hasIds(page, 'bound=to-the-token');
      expect(server.seen.stream.at(-1)?.request.headers.cookie).toBe('bound=to-the-token');
      await context.close();
      await server.stop();
    },
  );
});

describe.each([
  ['a shared worker', {}],
  ['a leading tab', { sharing: 'tabs' }],
] as const)('eight tabs in Chromium, through %s', (_, sharing) => {
  it('are all live over one stream, which outlives the tab that was first', async () => {
    const tabs: Page[] = [];
    for (let i = 0; i < 8; i++) tabs.push(await openTab({ shared: true, ...sharing }));
    await Promise.all(tabs.map(isLive));
    await publish('a');
    await Promise.all(tabs.map(async (tab) => hasIds(tab, 'a')));
    expect(await backend.caller.streams(1)).toHaveLength(1);

    const [first, ...others] = tabs;
    await first?.close();
    await publish('b');
    await Promise.all(others.map(async (tab) => hasIds(tab, 'a', 'b')));
    expect(await backend.caller.streams(1)).toHaveLength(1);

    const late = await openTab({ shared: true, ...sharing });
    await hasIds(late, 'a', 'b');
  });
});

describe('tabs in Chromium whose stream is in', () => {
  const wakeUp = async (page: Page): Promise<unknown> =>
    page.evaluate("void dispatchEvent(new Event('online'))");

  it('a tab that a dialog blocks go on without it, and it with them afterwards', async () => {
    const first = await openTab({ shared: true, sharing: 'tabs' });
    await isLive(first);
    const second = await openTab({ shared: true, sharing: 'tabs' });
    await isLive(second);
    const dialog = first.waitForEvent('dialog');
    await first.evaluate('void setTimeout(alert)');
    const { accept } = await dialog.then((one) => ({ accept: async () => one.accept() }));
    await wakeUp(second);
    await publish('a');
    await hasIds(second, 'a');
    await accept();
    await hasIds(first, 'a');
    await publish('b');
    await Promise.all([first, second].map(async (tab) => hasIds(tab, 'a', 'b')));
    expect(await backend.caller.streams(1)).toHaveLength(1);
  });

  it('a worker that dies get a new one', async () => {
    const tabs = [await openTab({ shared: true }), await openTab({ shared: true })];
    await Promise.all(tabs.map(isLive));
    await publish('a');
    await Promise.all(tabs.map(async (tab) => hasIds(tab, 'a')));
    const devtools = await browser.newBrowserCDPSession();
    const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{}] });
    const worker = targetInfos.find(({ type }) => type === 'shared_worker')!;
    await devtools.send('Target.closeTarget', { targetId: worker.targetId });
    await Promise.all(tabs.map(wakeUp));
    await publish('b');
    await Promise.all(tabs.map(async (tab) => hasIds(tab, 'a', 'b')));
    expect(await backend.caller.streams(1)).toHaveLength(1);
  });
});
