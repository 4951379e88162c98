/**
 * A stream URL that leaks, in real browser profiles with the same address and User-Agent.
 * @needs chromium
 */
import type { Browser, Page } from 'playwright-core';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { launchChromium } from '../support/process/chromium.ts';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(120_000);

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await stack.stop();
});

/** A profile of its own, on a page of the gateway's origin. */
async function profile(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${stack.url}/operator/ui/`);
  return page;
}

/** Requests a token as a page does, and resolves to the stream's URL. */
async function streamUrl(page: Page): Promise<string> {
  const token = await page.evaluate(async (principal) => {
    const answer = await fetch('/operator/api/events/sse-token', {
      method: 'POST',
      headers: { 'X-VX11-Token': principal },
    });
    return ((await answer.json()) as { sse_token: string }).sse_token;
  }, stack.caller.token);
  remember(token, 'ephemeral');
  return `/operator/api/events/stream?token=${token}`;
}

/** Opens the URL with the browser's own EventSource, once. */
const open = (page: Page, url: string): Promise<string> =>
  page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const source = new EventSource(address);
        source.addEventListener('snapshot', () => {
          source.close();
          resolve('live');
        });
        source.addEventListener('error', () => {
          source.close();
          resolve('refused');
        });
      }),
    url,
  );

/** Opens the URL with an EventSource that stays; `opened` resolves at its nth opening. */
async function keepOpen(page: Page, url: string) {
  await page.evaluate(`
    const root = document.documentElement;
    root.dataset.opened = 0;
    window.source = new EventSource(${JSON.stringify(url)});
    window.source.addEventListener('open', () => (root.dataset.opened = +root.dataset.opened + 1));
  `);
  return {
    opened: (times: number) => page.locator(`html[data-opened="${times}"]`).waitFor(),
  };
}

describe('a stream URL that leaks', () => {
  it('is refused as replayed in a second profile, before and after its owner uses it', async () => {
    const [owner, thief] = [await profile(), await profile()];
    const url = await streamUrl(owner);
    expect(await open(thief, url)).toBe('refused');
    expect(await open(owner, url)).toBe('live');
    // The thief is signed in too and has a cookie of its own.
    expect(await open(thief, await streamUrl(thief))).toBe('live');
    expect(await open(thief, url)).toBe('refused');
    const answer = await thief.evaluate(async (address) => (await fetch(address)).json(), url);
    expect(answer).toMatchObject({ status: 403, code: 'token_replayed' });
    const agents = [owner, thief].map((page) => page.evaluate(() => navigator.userAgent));
    expect(new Set(await Promise.all(agents)).size).toBe(1);
  });

  it("leaves the owner's EventSource connected and able to reconnect by itself", async () => {
    const [owner, thief] = [await profile(), await profile()];
    const url = await streamUrl(owner);
    const source = await keepOpen(owner, url);
    await source.opened(1);
    expect(await open(thief, url)).toBe('refused');
    const [stream] = await stack.caller.streams(1);
    await stack.caller.api(`/streams/${stream}`, { method: 'DELETE' });
    await source.opened(2);
    expect(await open(thief, url)).toBe('refused');
    await owner.context().close();
  });

  it('works in every tab of its owner, and no script can read the cookie', async () => {
    const first = await profile();
    const second = await first.context().newPage();
    await second.goto(`${stack.url}/operator/ui/`);
    const urls = await Promise.all([streamUrl(first), streamUrl(second)]);
    expect(await Promise.all([open(first, urls[0]), open(second, urls[1])])).toEqual([
      'live',
      'live',
    ]);
    expect(await open(second, urls[0])).toBe('live');
    expect(await first.evaluate('document.cookie')).toBe('');
    const cookies = await first.context().cookies();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    }
  });
});

itLeaksNoToken();
