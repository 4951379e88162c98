/**
 * Finding events in the panel: search, filters, time ranges, and what they show.
 * @needs chromium
 */
import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import {
  browser,
  button,
  clipboard,
  hash,
  only,
  operator,
  publish,
  stack,
  type,
} from './support/panel.js';

describe('a regular expression in the address', () => {
  const text = `${'a'.repeat(60)}!`;

  it.each(['(a+)+$', '(a|aa)+$', '(.*a){25}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    '%s does not run by itself; started, it is stopped and the page stays usable',
    async (pattern) => {
      await publish({ data: { summary: text } }, { data: { summary: 'plain' } });
      const params = new URLSearchParams({ is: `type:${type}`, q: pattern, re: '1', group: '0' });
      await operator.open(`#/events?${params.toString()}`);
      await operator.shows('plain');
      await expectSeen(operator.page.getByText('It has not run'));
      await button('Run it').click();
      await operator.page.getByRole('alert').filter({ hasText: 'was stopped' }).waitFor();
      await operator.shows('plain');
      await operator.rows('plain').click();
      await expectSeen(operator.page.getByRole('dialog', { name: type }));
    },
  );

  it('filters and marks the list, and later events, once the operator starts it', async () => {
    await publish({ data: { summary: 'order 12' } }, { data: { summary: 'order x' } });
    await operator.open(`#/events?${only}&group=0&re=1&q=order%20%5Cd%2B`);
    await button('Run it').click();
    await expectGone(operator.rows('order x'));
    await publish({ data: { summary: 'order 345' } }, { data: { summary: 'order y' } });
    await operator.shows('order 345');
    expect(await operator.page.locator('.summary mark').allTextContents()).toEqual([
      'order 345',
      'order 12',
    ]);
    expect(await operator.rows('order y').count()).toBe(0);
  });
});

describe('characters that cannot be seen', () => {
  it('are shown by their codes in lines, details and filters, and copied as they are', async () => {
    const name = 'invoice\u202Egpj.exe';
    await publish({ module: 'sh\u200Bop', data: { summary: name } });
    await operator.open(`#/events?${only}`);
    await operator.rows('shU+200Bop').waitFor();
    await operator.rows('invoiceU+202Egpj.exe').click();
    const details = operator.page.getByRole('dialog', { name: type });
    await expectSeen(details.getByText('invoiceU+202Egpj.exe'));
    await details.getByRole('button', { name: 'Copy the value of data.summary' }).focus();
    await operator.page.keyboard.press('Enter');
    await expectSeen(operator.page.getByText('Value copied'));
    expect(await clipboard()).toBe(name);
    await button(/^Module/).click();
    await expectSeen(operator.page.locator('.facet-value', { hasText: 'shU+200Bop' }));
  });
});

describe('text from right to left', () => {
  it('is read in its own direction, also where something is found in it', async () => {
    const isReversed = (place: Locator) =>
      place
        .locator('bdi')
        .first()
        .evaluate((text) => text.matches(':dir(rtl)'));
    await publish({ data: { summary: 'שגיאה 42 (timeout), נסה שוב' } });
    for (const search of ['', '&q=timeout']) {
      await operator.open(`#/events?${only}${search}`);
      expect(await isReversed(operator.rows('timeout').locator('.summary'))).toBe(true);
    }
    await operator.rows('timeout').click();
    expect(await isReversed(operator.page.locator('.detail-summary'))).toBe(true);
  });
});

describe('numbers that a double cannot hold', () => {
  it('are shown, copied and exported with every digit', async () => {
    const position = `${Date.now() - 60_000}-0`;
    const data = '{"id":1524831183200260097,"big":1e400,"price":1.10}';
    const raw = `{"specversion":"1.0","id":"d","source":"/t","type":"${type}","severity":"info","module":"m","data":${data},"position":"${position}"}`;
    await operator.page.route('**/operator/api/events?*', (route) =>
      route.fulfill({ contentType: 'application/json', body: `{"events":[${raw}],"next":null}` }),
    );
    await operator.open(`#/events?${only}`);
    await operator.shows(data);
    await operator.rows(data).click();
    const detail = operator.page.getByRole('dialog', { name: type });
    for (const digits of ['1524831183200260097', '1e400', '1.10']) {
      await expectSeen(detail.locator('.json-value', { hasText: digits }));
    }
    await detail.getByRole('button', { name: 'Copy JSON' }).click();
    await operator.page.getByText('JSON copied').waitFor();
    expect((await clipboard()).replaceAll(/\s/g, '')).toContain(`"data":${data}`);
    await detail
      .getByRole('button', { name: 'Only events where data.id is 1524831183200260097' })
      .click();
    await operator.shows(data);
    await button('Export').click();
    const [file] = await Promise.all([
      operator.page.waitForEvent('download'),
      button(/^NDJSON/).click(),
    ]);
    expect(readFileSync(await file.path(), 'utf8')).toBe(`${raw}\n`);
  });
});

describe('a filtered link', () => {
  it('finds what is far back, says how far it looked, and comes to an end', async () => {
    await publish(...[1, 2, 3].map((n) => ({ data: { summary: `cause ${n}`, shop: { id: 7 } } })));
    for (let batch = 0; batch < 7; batch += 1) {
      await publish(
        ...Array.from({ length: 400 }, (_, n) => ({
          module: n % 2 ? 'odd' : 'even',
          data: { summary: `noise ${n}`, shop: { id: 8 } },
        })),
      );
    }
    await operator.open(`#/events?is=data.shop.id:7&group=0`);
    await operator.shows('cause 1');
    await operator.page.getByText('The log begins here').waitFor();
    expect(await operator.rows('cause').count()).toBe(3);
    await expectSeen(operator.page.getByText('3 matches in the whole log'));
  });

  it('says so when nothing in the whole log matches', async () => {
    await operator.open(`#/events?is=data.shop.id:none`);
    await expectSeen(operator.page.getByText('No events that match the filter in the log'));
    await expectSeen(operator.page.getByText('0 matches in the whole log'));
  });
});

describe('a request that the server refuses', () => {
  /** Statuses of the answers about events. */
  const watch = (): number[] => {
    const statuses: number[] = [];
    operator.page.on('response', (response) => {
      if (/\/operator\/api\/events(?:\/counts)?\?/.test(response.url()))
        statuses.push(response.status());
    });
    return statuses;
  };

  it.each([
    ['a long text', `q=${'x'.repeat(300)}`],
    ['a time before 1970', 'to=1960-01-01T00:00:00Z'],
    ['a length of 273 years', 'from=-99999d'],
    ['the last date of JavaScript', 'from=%2B275760-09-13T00:00:00Z'],
    ['a range that ends before it begins', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'],
    ['a long value', `is=module:${'x'.repeat(500)}`],
    ['control characters', 'is=type:%00%0a'],
  ])('is not sent: %s', async (_, link) => {
    const statuses = watch();
    await operator.open(`#/events?is=type:none&${link}`);
    await operator.isLive();
    const end = operator.page.locator('.list-end').getByText(/^No events|begins here|^Searched/);
    await expectSeen(end);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('is repeated without what an older server does not know, by its answer and each time', async () => {
    await publish({ data: { summary: 'needle' } }, { data: { summary: 'hay' } });
    const answer = (await stack.caller.api('/events?newer=1')).text.replaceAll('newer', 'q');
    const asked: URLSearchParams[] = [];
    let isOlder = true;
    await operator.page.route(/\/operator\/api\/events\?/, (route) => {
      const { searchParams } = new URL(route.request().url());
      if (searchParams.get('limit') === '500' && !searchParams.get('type')?.includes('*'))
        asked.push(searchParams);
      if (!isOlder || !searchParams.has('q')) return route.continue();
      return route.fulfill({ status: 400, contentType: 'application/json', body: answer });
    });
    await operator.open(`#/events?${only}&q=needle&group=0`);
    await operator.shows('needle');
    await operator.page.getByText('The log begins here.').waitFor();
    expect(await operator.rows('hay').count()).toBe(0);
    // A reading that another one replaced may have asked as well.
    const searched = asked.map((one) => one.get('q'));
    expect(searched[0]).toBe('needle');
    expect(searched.at(-1)).toBeNull();
    isOlder = false;
    await operator.page.getByRole('combobox', { name: 'Search events' }).fill('needl');
    await until(() => asked.at(-1)?.get('q') === 'needl');
  });

  it('explains the longest search, and another one still reaches the server', async () => {
    const statuses = watch();
    await publish({ data: { summary: 'after the long one' } });
    await operator.open(`#/events?${only}`);
    const field = operator.page.getByRole('combobox', { name: 'Search events' });
    await field.fill('x'.repeat(300));
    await expectSeen(operator.page.getByText('A search has at most 256 characters'));
    const [asked] = await Promise.all([
      operator.page.waitForRequest(/[?&]q=after/),
      field.fill('after the long'),
    ]);
    expect(asked.url()).toContain('q=after');
    await operator.shows('after the long one');
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('is counted again, since the log drops events', async () => {
    await publish({ data: { summary: 'needle' } });
    await operator.page.clock.install();
    await operator.open(`#/events?${only}&q=needle&group=0`);
    await expectSeen(operator.page.getByText('1 match in the whole log'));
    await operator.page.route('**/events/counts?*', async (route) => {
      const response = await route.fetch();
      const counts = { ...(await response.json()), total: 0 };
      await route.fulfill({ response, json: counts }).catch(() => undefined);
    });
    for (let seconds = 0; seconds < 30; seconds += 1) await operator.page.clock.runFor(1_000);
    await expectSeen(operator.page.getByText('0 matches in the whole log'));
  });

  it('is not a count that is repeated', async () => {
    let counts = 0;
    await operator.page.route('**/events/counts?*', (route) => {
      counts += 1;
      return route.fulfill({ status: 400, json: { code: 'invalid_query' } });
    });
    await operator.page.clock.install();
    await operator.open(`#/events?${only}`);
    await operator.isLive();
    for (let seconds = 0; seconds < 30; seconds += 1) await operator.page.clock.runFor(1_000);
    expect(counts).toBe(1);
  });
});

describe('the time range', () => {
  it('is selected on the histogram, is kept in the address, and leads back to live', async () => {
    await publish({ data: { summary: 'early', n: 1 } });
    await operator.open(`#/events?${only}`);
    await operator.shows('early');
    const bars = operator.page.getByRole('img', { name: /^Events over time/ });
    const box = await bars.boundingBox();
    if (!box) throw new Error('the histogram is not there');
    await operator.page.mouse.move(box.x + 2, box.y + 10);
    await expectSeen(operator.page.getByText(/: 1 event, 1 info$/));
    await operator.page.mouse.down();
    await operator.page.mouse.move(box.x + 4, box.y + 10);
    await operator.page.mouse.up();
    await expectSeen(button('Back to live'));
    expect(hash()).toMatch(/from=2\d{3}-.*&to=2\d{3}-/);
    await operator.shows('early');
    const [, end = ''] = /to=([^&]+)/.exec(hash()) ?? [];
    await until(() => Date.now() > Date.parse(end));
    await publish({ data: { summary: 'late' } });
    await expectSeen(operator.page.getByText('1 match in this time range'));
    expect(await operator.rows('late').count()).toBe(0);
    await button('Back to live').click();
    await operator.shows('late');
    expect(hash()).not.toMatch(/from=|to=/);
  });

  it('of a length moves on: what it leaves behind goes, unless the list is being read', async () => {
    const other = await Operator.at(browser, stack.url, stack.caller.token);
    await other.page.clock.install();
    await other.open(`#/events?${only}&from=-2m&group=0`);
    await other.isLive();
    await publish({ data: { summary: 'short-lived' } });
    await other.shows('short-lived');
    await other.page.clock.fastForward('03:00');
    await expectGone(other.rows('short-lived'));
    await expectSeen(other.page.getByText('No events that match the filter in this time range'));
    await other.closeBrowser();
  });

  it('can be set to a moment and to a length of time', async () => {
    await publish({ data: { summary: 'now' } });
    await operator.open(`#/events?${only}&tz=utc`);
    await operator.shows('now');
    await button('Any time').click();
    await operator.page.getByLabel('Jump to').fill('2026-01-01T12:00:00');
    await button('Jump').last().click();
    await expectGone(operator.rows('now'));
    expect(hash()).toContain('to=2026-01-01T12:01:00.000Z');
    await operator.page.keyboard.press('Escape');
    await button(/^Until/).click();
    await button('Last 15 minutes').click();
    await operator.shows('now');
    expect(hash()).toContain('from=-15m');
  });
});

itLeaksNoToken();
