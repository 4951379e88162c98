/**
 * The panel where clocks differ: a device that is hours off, and a zone with summer time.
 * @needs chromium
 */
import type { Browser } from 'playwright-core';
import { event } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { launchChromium } from '../support/process/chromium.ts';
import { expectSeen, Operator } from './support/operator.js';
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

describe.each([
  ['ahead', 3],
  ['behind', -3],
])('a clock that is %s', (words, hours) => {
  let operator: Operator;

  beforeAll(async () => {
    operator = await Operator.at(browser, stack.url, stack.caller.token);
    // A worker has a clock that this script does not reach.
    await operator.page.addInitScript(`
      delete globalThis.SharedWorker;
      globalThis.Date = class extends Date {
        constructor(...given) { given.length > 0 ? super(...given) : super(Date.now()); }
        static now() { return super.now() + ${hours * 3_600_000}; }
      };
    `);
  });

  afterAll(() => operator.closeBrowser());

  const type = `clock.${words}`;

  it('hides no event of the last 15 minutes, and shows its age', async () => {
    await stack.caller.publish(event({ type, severity: 'critical', data: { summary: words } }));
    await operator.open(`#/events?is=type:${type}&from=-15m&time=rel`);
    await operator.shows(words);
    await expectSeen(operator.page.getByText('1 match in this time range'));
    expect(await operator.rows(words).locator('.time').textContent()).toMatch(/^(now|\d+ s ago)$/);
    await operator.page.getByRole('button', { name: /^Live/ }).click();
    await expectSeen(operator.page.getByText(`3 h ${words === 'behind' ? words : 'ahead of'} the`));
  });

  it('loses no failure on the overview, and no stream of its own', async () => {
    await operator.open('#/overview');
    await expectSeen(
      operator.page.locator('.incident', { hasText: 'Modules that fail' }).getByText('critical'),
    );
    const newest = operator.page.locator('.incident', { hasText: 'Newest critical' });
    await expectSeen(newest.getByText(/^(now|\d+ (s|min) ago)$/));
    const main = operator.page.getByRole('main');
    await expectSeen(main.getByText('operator-backend'));
    expect(await main.innerText()).not.toMatch(/for 3 h|for 0 s ·/);
    await operator.open('#/streams');
    await expectSeen(operator.page.getByText('this is you'));
  });
});

describe('a zone that has changed its clocks', () => {
  it('is named by the offset that each line has, on every page', async () => {
    const type = 'clock.zone';
    await stack.caller.publish(
      ...['2026-07-01T12:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map((time) =>
        event({ type, time, data: { summary: `at ${time}` } }),
      ),
    );
    const operator = await Operator.at(browser, stack.url, stack.caller.token, {
      timezoneId: 'Europe/Madrid',
    });
    await operator.open(`#/events?is=type:${type}&group=0`);
    await operator.shows('at 2026-07');
    const list = operator.page.locator('.list');
    const times = list.locator('.list-head span:nth-child(2), .row .time, .row.day');
    expect(await times.allTextContents()).toEqual([
      'Time UTC+01:00',
      '02:30:00.000',
      '2026-10-25 UTC+02:00',
      '02:30:00.000',
      '2026-07-01 UTC+02:00',
      '14:00:00.000',
    ]);
    for (const [hash, heading] of [
      ['#/audit', /^Time UTC\+0[12]:00$/],
      ['#/streams', /^Open since UTC\+0[12]:00$/],
    ] as const) {
      await operator.open(hash);
      await expectSeen(operator.page.getByRole('columnheader', { name: heading }));
    }
    await operator.closeBrowser();
  });
});

itLeaksNoToken();
