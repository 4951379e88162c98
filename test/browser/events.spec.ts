/**
 * The list of events as an operator works with it.
 * @needs chromium
 */
import { readFileSync } from 'node:fs';
import { event } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { browser, only, operator, stack, type } from './support/panel.js';

/** Publishes events of this test's type, in this order. */
const publish = (...summaries: (string | [summary: string, fields: object])[]) =>
  stack.caller.publish(
    ...summaries.map((one) => {
      const [summary, fields = {}] = typeof one === 'string' ? [one] : one;
      return event({ type, data: { summary }, ...fields });
    }),
  );

/** Of two modules in turn, so that no two in a row are similar. */
const numbered = (count: number, fields: object = {}): [string, object][] =>
  Array.from({ length: count }, (_, index) => [
    `number ${index}`,
    { module: index % 2 ? 'odd' : 'even', ...fields },
  ]);

const address = () => decodeURIComponent(new URL(operator.page.url()).hash);

describe('the list', () => {
  it('shows new events at once, newest first, with the severity as a word', async () => {
    await operator.open(`#/events?${only}`);
    await operator.isLive();
    await publish('one', ['two', { severity: 'critical' }]);
    await operator.shows('two');
    expect(await operator.rows().allTextContents()).toEqual([
      expect.stringMatching(/^critical\d\d:\d\d:\d\d\.\d{3}test.*two$/),
      expect.stringMatching(/^info.*one$/),
    ]);
    await expectSeen(operator.page.getByTitle('1 in the log').filter({ hasText: 'critical' }));
    await expectSeen(operator.page.getByTitle('0 in the log').filter({ hasText: 'warn' }));
  });

  it('keeps the last 5,000 and says of how many', async () => {
    await operator.open(`#/events?${only}`);
    await operator.isLive();
    for (let batch = 0; batch < 11; batch += 1) await publish(...numbered(500));
    await operator.page
      .getByText('5,500 matches in the whole log, the newest 5,000 loaded')
      .waitFor();
    expect(await operator.rows().count()).toBeLessThan(100);
    const end = operator.page.locator('.list-end');
    await expectSeen(end.getByText('The panel shows at most 5,000 events.'));
    await expectGone(end.getByText('begins here'));
  });

  it('shows similar events in a row as one line that expands', async () => {
    await operator.open(`#/events?${only}`);
    await operator.isLive();
    await publish('disk full', 'disk full', 'disk full', 'disk full', [
      'all well',
      { module: 'b' },
    ]);
    const burst = operator.page.locator('.row.burst');
    await burst.filter({ hasText: '4 similar' }).click();
    await operator.rows('disk full').nth(3).waitFor();
    await burst.click();
    await expectGone(operator.rows('disk full'));
  });

  it('does not move while the operator reads further down, counts new events, and catches up', async () => {
    await publish(...numbered(200));
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('number 199');
    const scroller = operator.page.locator('.scroller');
    await scroller.evaluate((element) => element.scrollTo({ top: 1000 }));
    const reading = operator.rows('number 150');
    const before = await reading.boundingBox();
    expect(before).not.toBeNull();
    await operator.page.evaluate(`getSelection().selectAllChildren(
      [...document.querySelectorAll('.row')].find((row) => row.textContent.includes('number 150')),
    )`);
    await publish(
      ...numbered(30),
      ['fire', { severity: 'critical' }],
      ['smoke', { severity: 'warn' }],
    );
    const pill = operator.page.getByRole('button', { name: /32 new/ });
    await pill.waitFor();
    expect(await pill.textContent()).toMatch(/32 new1 critical1 warn/);
    expect(await reading.boundingBox()).toEqual(before);
    expect(await operator.page.evaluate('String(getSelection())')).toContain('number 150');
    await pill.click();
    await operator.shows('smoke');
    expect(await scroller.evaluate((element) => element.scrollTop)).toBe(0);
  });
});

describe('a press', () => {
  it('reaches the row under the pointer, although events arrive before the button is up', async () => {
    await publish('the cause', ['other', { module: 'other' }]);
    await operator.open(`#/events?${only}`);
    await operator.isLive();
    // Another tab of the browser shows what both have received.
    const other = await operator.newTab();
    await other.open(`#/events?${only}`);
    await operator.page.bringToFront();
    await operator.rows('the cause').hover();
    await operator.page.mouse.down();
    await publish(...numbered(40));
    await other.shows('number 39');
    expect(await operator.summaries('number')).toEqual([]);
    await operator.page.mouse.up();
    await expectSeen(operator.page.getByRole('dialog', { name: type }).getByText('the cause'));
    await operator.page.keyboard.press('Escape');
    await operator.shows('number 39');
    await other.page.close();
  });
});

describe('filters', () => {
  it('can include or exclude any value of an event, and are kept in the address', async () => {
    await publish(
      ['ours', { data: { summary: 'ours', shop: { id: 7 } } }],
      ['theirs', { data: { summary: 'theirs', shop: { id: 8 } } }],
      ['noise', { module: 'noise', data: { summary: 'noise', shop: { id: 7 } } }],
    );
    await operator.open(`#/events?${only}&group=0`);
    await operator.rows('ours').click();
    await operator.page
      .getByRole('button', { name: 'Only events where data.shop.id is 7' })
      .click();
    await operator.rows('theirs').waitFor({ state: 'hidden' });
    await operator.rows('noise').click();
    await operator.page.getByRole('button', { name: 'No events where module is noise' }).click();
    await operator.rows('noise').waitFor({ state: 'hidden' });
    expect(await operator.rows().count()).toBe(1);
    expect(address()).toContain('is=data.shop.id:7');
    expect(address()).toContain('not=module:noise');

    await operator.page.goBack();
    await operator.shows('noise');
    await operator.page
      .getByRole('button', { name: /Remove the filter: data.shop.id is 7/ })
      .click();
    await operator.shows('theirs');
  });

  it('by severity combine, and find events far back in the log', async () => {
    await publish(['the cause', { severity: 'critical' }], ...numbered(400));
    await publish(...numbered(400));
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('number 399');
    await operator.page.getByRole('button', { name: 'critical', exact: true }).click();
    await operator.shows('the cause');
    await operator.page.getByText('The log begins here').waitFor();
    expect(await operator.rows().count()).toBe(1);
    expect(address()).toContain('severity=critical');
  });

  it('offer the values that are in the list', async () => {
    await publish(...numbered(9));
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('number 8');
    await operator.page.getByRole('button', { name: 'Module' }).click();
    await operator.page.getByRole('button', { name: 'Only events where module is odd' }).click();
    await operator.rows('number 8').waitFor({ state: 'hidden' });
    expect(await operator.summaries('number')).toEqual([
      'number 7',
      'number 5',
      'number 3',
      'number 1',
    ]);
  });

  it('search text and regular expressions, mark the matches, and report an invalid expression', async () => {
    await publish('payment of 12 EUR', 'payment of 450 EUR', 'refund of 12 EUR');
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('refund');
    const search = operator.page.getByRole('combobox', { name: 'Search events' });
    await search.fill('PAYMENT');
    await operator.rows('refund').waitFor({ state: 'hidden' });
    expect(await operator.page.locator('.row mark').allTextContents()).toEqual([
      'payment',
      'payment',
    ]);
    await operator.page.getByRole('button', { name: 'Regular expression' }).click();
    await search.fill('of \\d{2} ');
    await operator.shows('refund');
    await operator.rows('450').waitFor({ state: 'hidden' });
    await search.fill('of (');
    await operator.page.getByRole('alert').filter({ hasText: 'regular expression' }).waitFor();
    expect(address()).toContain('re=1');
  });

  it('are restored from the address alone', async () => {
    await publish(...numbered(4), ['number late', { severity: 'error' }]);
    await operator.open(`#/events?severity=info&${only}&not=module:odd&q=number&group=0&tz=utc`);
    await operator.shows('number 2');
    expect(await operator.summaries('number')).toEqual(['number 2', 'number 0']);
    await operator.page.getByText('module is not odd').waitFor();
    expect(await operator.page.locator('.list-head').textContent()).toMatch(/Time UTCModule/);
  });

  it('forget what was typed just before the operator went to another list', async () => {
    await publish('plain');
    const quick = await Operator.at(browser, stack.url, stack.caller.token);
    const { page } = quick;
    await page.clock.install();
    await quick.open('#/events');
    await page.getByLabel('Search events').waitFor();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByLabel('Search events').fill('nothing has this text');
    // The search waits for a pause of 150 ms.
    await page.clock.runFor(149);
    await page.evaluate(`
      const changed = new Promise((resolve) => addEventListener('hashchange', resolve));
      location.hash = '#/events?${only}';
      changed;
    `);
    await page.clock.runFor(1);
    await page.clock.resume();
    await quick.shows('plain');
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#/events?${only}`);
    await quick.closeBrowser();
  });
});

describe('the details of an event', () => {
  it('show every value, and give JSON, a command without a secret, and a link', async () => {
    await publish(['look', { data: { summary: 'look', deep: { list: [{ sku: 'A-1' }] } } }]);
    await operator.open(`#/events?${only}`);
    await operator.rows('look').click();
    const detail = operator.page.getByRole('dialog', { name: type });
    await detail.getByText('deep').waitFor();
    const clipboard = () => operator.page.evaluate<string>('navigator.clipboard.readText()');
    await detail.getByRole('button', { name: 'Copy JSON' }).click();
    await operator.page.getByText('JSON copied').waitFor();
    expect(JSON.parse(await clipboard())).toMatchObject({ type, data: { summary: 'look' } });
    await detail.getByRole('button', { name: 'Copy as curl' }).click();
    await operator.page.getByText('Command copied').waitFor();
    expect(await clipboard()).toContain('-H "X-VX11-Token: $T"');
    await detail.getByRole('button', { name: 'Copy link' }).click();
    await operator.page.getByText('Link copied').waitFor();

    const link = await clipboard();
    await publish(...numbered(300));
    const colleague = await Operator.at(browser, stack.url, stack.caller.token);
    await colleague.open(new URL(link).hash);
    await colleague.page.getByRole('dialog', { name: type }).getByText('deep').waitFor();
    await colleague.closeBrowser();
  });

  it('open on a phone over the whole screen', async () => {
    await publish('in the pocket');
    const phone = await Operator.at(browser, stack.url, stack.caller.token, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await phone.open(`#/events?${only}`);
    await phone.rows('in the pocket').tap();
    const detail = phone.page.getByRole('dialog', { name: type });
    expect(await detail.boundingBox()).toMatchObject({ x: 0, y: 0, width: 390 });
    await detail.getByRole('button', { name: 'Close details' }).tap();
    await detail.waitFor({ state: 'hidden' });
    await phone.closeBrowser();
  });
});

describe('the keyboard', () => {
  it('moves, opens, closes, pauses, searches, and shows its shortcuts', async () => {
    await publish('a', ['b', { module: 'b' }], 'c');
    await operator.open(`#/events?${only}`);
    await operator.shows('a');
    const { keyboard } = operator.page;
    const selected = operator.page.locator('.row[aria-selected=true] .summary');
    await keyboard.press('j');
    await keyboard.press('j');
    expect(await selected.textContent()).toBe('b');
    await keyboard.press('k');
    expect(await selected.textContent()).toBe('c');
    await keyboard.press('Enter');
    const detail = operator.page.getByRole('dialog', { name: type });
    await detail.getByText('c', { exact: true }).first().waitFor();
    await keyboard.press('j');
    await detail.getByText('b', { exact: true }).first().waitFor();
    await keyboard.press('Escape');
    await detail.waitFor({ state: 'hidden' });
    await keyboard.press('Escape');
    await operator.page.getByRole('button', { name: 'Pause' }).waitFor();
    await keyboard.press(' ');
    await operator.page.getByRole('button', { name: 'Resume' }).waitFor();
    await keyboard.press('/');
    await keyboard.type('b j');
    expect(await operator.page.getByLabel('Search events').inputValue()).toBe('b j');
    await keyboard.press('Escape');
    await keyboard.press('?');
    await operator.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await operator.page.getByLabel('Single-key shortcuts are on').uncheck();
    await keyboard.press('Escape');
    await keyboard.press('j');
    expect(await selected.count()).toBe(0);
  });
});

describe('an export', () => {
  it('has the events of the list, as NDJSON and as CSV that no spreadsheet runs', async () => {
    await publish('plain', ['=1+1, "quoted"', { module: 'b' }]);
    await operator.open(`#/events?${only}`);
    await operator.shows('plain');
    await operator.page.evaluate(
      "URL.revokeObjectURL = () => document.body.classList.add('revoked')",
    );
    const download = async (button: string) => {
      await operator.page.getByRole('button', { name: 'Export' }).click();
      const [file] = await Promise.all([
        operator.page.waitForEvent('download'),
        operator.page.getByRole('button', { name: button }).click(),
      ]);
      await operator.page.keyboard.press('Escape');
      return readFileSync(await file.path(), 'utf8');
    };
    const lines = (await download('NDJSON')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).data.summary)).toEqual(['plain', '=1+1, "quoted"']);
    const [head, ...rows] = (await download('CSV')).trimEnd().split('\r\n');
    expect(head).toMatch(/^\uFEFFposition,time,severity,module,type,/);
    expect(rows[1]).toContain(`,"'=1+1, ""quoted""",`);
    // The browser may not have read it yet.
    expect(await operator.page.locator('body.revoked').count()).toBe(0);
  });
});

describe('time', () => {
  it('is absolute with milliseconds or an age, local or UTC', async () => {
    await publish(['dated', { time: '2026-01-31T23:30:00.250Z' }]);
    const abroad = await Operator.at(browser, stack.url, stack.caller.token, {
      timezoneId: 'Asia/Tokyo',
    });
    await abroad.open(`#/events?${only}`);
    await abroad.rows('08:30:00.250').waitFor();
    await abroad.page.getByRole('button', { name: 'View' }).click();
    await abroad.page.getByLabel('UTC', { exact: true }).check();
    await abroad.rows('23:30:00.250').waitFor();
    await abroad.page.getByRole('radio', { name: 'Age' }).check();
    await expectSeen(abroad.rows(/\d+ (d|h) ago/));
    await abroad.closeBrowser();
  });
});

itLeaksNoToken();
