/**
 * A link from a colleague, opened while the log holds 20,000 events and 100 newer ones.
 * `npm run test:long -- colleague-link`
 * @needs chromium
 */
import type { Browser } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { launchChromium } from '../support/process/chromium.ts';
import { DECLINED, shopEvents } from '../support/shop-events.js';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(180_000);

const BATCH = 500;

let stack: Stack;
let browser: Browser;
let operator: Operator;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  const all = [...shopEvents(20_000, 597), ...shopEvents(100, 0)];
  for (let first = 0; first < all.length; first += BATCH) {
    await stack.caller.publish(...all.slice(first, first + BATCH));
  }
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterAll(async () => {
  await operator.closeBrowser();
  await browser.close();
  await stack.stop();
});

afterEach(() => operator.reset());

interface Counts {
  total: number;
  severity: Record<string, number>;
  module: { value: string; count: number }[];
}

/** What `GET /operator/api/events/counts` says. */
async function countsOf(query: string): Promise<Counts> {
  const { json } = await stack.caller.api(`/events/counts?by=severity,module&${query}`);
  return json as unknown as Counts;
}

/** The numbers on the buttons of the four severities, and in the menu of modules. */
async function shownCounts(): Promise<Pick<Counts, 'severity' | 'module'>> {
  const severity: Record<string, number> = {};
  for (const name of ['critical', 'error', 'warn', 'info']) {
    const button = operator.page.locator('.severities').getByRole('button', { name });
    const [number] = /^[\d,]+/.exec((await button.getAttribute('title')) ?? '') ?? ['0'];
    severity[name] = Number(number.replaceAll(',', ''));
  }
  await operator.page.getByRole('button', { name: 'Module', exact: true }).click();
  const modules = await operator.page
    .locator('.menu:popover-open .facet-values li')
    .evaluateAll((items) =>
      items.map((item) => ({
        value: item.querySelector('.facet-value')?.textContent ?? '',
        count: Number(item.querySelector('.facet-count')?.textContent?.replaceAll(',', '')),
      })),
    );
  await operator.page.keyboard.press('Escape');
  return { severity, module: modules };
}

/** Loads all that match. @returns what the panel says once the log has been read to its end */
async function loadAll(): Promise<string | null> {
  const { page } = operator;
  await page.getByRole('button', { name: /^(Load all|Search the whole log)$/ }).click();
  return eventually(
    () => page.locator('.shown-count').textContent(),
    (text) => text === '597 matches in the whole log',
  );
}

const link = (params: Record<string, string>) =>
  `#/events?${new URLSearchParams({ group: '0', ...params }).toString()}`;

describe('a filtered link from a colleague', () => {
  it('shows its 597 matches by severity, module and type; the counts are those of the API', async () => {
    const { severity, module, type } = DECLINED;
    const expected = await countsOf(`severity=${severity}&module=${module}&type=${type}`);
    expect(expected.total).toBe(597);
    const params = new URLSearchParams({ group: '0', severity, is: `module:${module}` });
    params.append('is', `type:${type}`);
    await operator.open(`#/events?${params.toString()}`);
    await operator.shows('was declined by the provider');
    await expectSeen(operator.page.getByText(/^597 matches in the whole log, the newest/));
    expect((await shownCounts()).severity.error).toBe(expected.severity.error);
    expect(await loadAll()).toBe('597 matches in the whole log');
  });

  it('shows its 597 matches by text', async () => {
    await operator.open(link({ q: 'Declined by the provider' }));
    await operator.shows('was declined by the provider');
    await expectSeen(operator.page.getByText(/^597 matches in the whole log, the newest/));
    expect((await countsOf('q=declined%20by%20the%20provider')).total).toBe(597);
    expect(await loadAll()).toBe('597 matches in the whole log');
  });

  it('shows its 597 matches by a value of the data, which the panel searches for itself', async () => {
    await operator.open(link({ is: 'data.provider:acme-pay' }));
    await operator.shows('was declined by the provider');
    expect(await loadAll()).toBe('597 matches in the whole log');
  });
});

describe('a link to all events of a shop', () => {
  it('shows the counts by severity and module that the API has', async () => {
    const expected = await countsOf('type=shop.*');
    await operator.open('#/events?is=type:shop.*');
    await expectSeen(operator.page.getByText(/^20,100 matches in the whole log/));
    const shown = await shownCounts();
    expect(shown.severity).toEqual(expected.severity);
    expect(shown.module).toEqual(expected.module);
    expect(shown.module).toHaveLength(8);
  });
});

itLeaksNoToken();
