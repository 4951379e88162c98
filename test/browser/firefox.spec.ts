/**
 * The stream in another browser than Chromium: Debian's Firefox.
 * @needs firefox-esr
 */
import { PageServer } from '../client/support/browser-page.js';
import { event } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ENTER, Firefox } from './support/firefox.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(120_000);

const type = 'shop.firefox';

let stack: Stack;
let pages: PageServer;
let firefox: Firefox;
let network: TcpProxy;
let url: string;

beforeAll(async () => {
  pages = await new PageServer().start();
  [stack, firefox] = await Promise.all([
    startStack({ VX11_CORS_ORIGINS: pages.origin }),
    Firefox.launch(),
  ]);
  network = await TcpProxy.to(Number(new URL(stack.url).port));
  url = `http://127.0.0.1:${network.port}`;
});

afterAll(async () => {
  await firefox.close();
  await network.close();
  await stack.stop();
  await pages.stop();
});

const publish = (...summaries: string[]) =>
  stack.caller.publish(
    ...summaries.map((summary) => event({ id: summary, type, data: { summary } })),
  );

describe('the panel in Firefox', () => {
  const stateIs = (start: string) =>
    `document.querySelector('.connection-button')?.textContent.startsWith('${start}')`;
  const SUMMARIES = `[...document.querySelectorAll('.row.event .summary')].map((cell) => cell.textContent)`;

  it('signs in with a paste, is live, and continues after a lost network without missing or repeating an event', async () => {
    const tab = await firefox.open(`${url}/operator/ui/#/events?is=type:${type}&group=0`);
    await tab.until(`document.activeElement?.id === 'principal-token'`);
    await tab.type(`${stack.caller.token}${ENTER}`);
    await tab.until(stateIs('Live'));
    await publish('one', 'two');
    await tab.until(`${SUMMARIES}.length === 2`);
    network.cut();
    await tab.until(stateIs('Reconnecting'));
    await publish('three', 'four');
    network.restore();
    await tab.until(stateIs('Live'));
    await publish('five');
    await tab.until(`${SUMMARIES}.includes('five')`);
    expect(await tab.evaluate(SUMMARIES)).toEqual(['five', 'four', 'three', 'two', 'one']);
    expect(firefox.complaints).toEqual([]);
  });

  it('shares one stream between its tabs', async () => {
    const tab = await firefox.open(`${url}/operator/ui/#/events?is=type:${type}&group=0`);
    await tab.type(`${stack.caller.token}${ENTER}`);
    await tab.until(stateIs('Live'));
    await tab.until(`${SUMMARIES}.includes('five')`);
    expect(await stack.caller.streams(1)).toHaveLength(1);
  });
});

describe.each(['eventsource', 'fetch'])('the client in Firefox, with %s', (transport) => {
  it('resumes after a cut with every event once', async () => {
    const tab = await firefox.open(pages.origin);
    const [before, after] = [`${transport} before`, `${transport} after`];
    const options = { baseUrl: url, token: stack.caller.token, filter: { type: [type] } };
    await tab.evaluate(`vx11.open(${JSON.stringify({ ...options, transport })})`);
    await tab.until(`vx11.client.state.status === 'live'`);
    await publish(before);
    await tab.until(`vx11.ids.includes('${before}')`);
    network.cut();
    await publish(after);
    network.restore();
    await tab.until(`vx11.ids.includes('${after}')`);
    const ids = await tab.evaluate<string[]>('vx11.ids');
    expect(ids.slice(-2)).toEqual([before, after]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

itLeaksNoToken();
