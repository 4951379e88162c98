/**
 * The panel as an operator uses it during an incident: time, search, traces, alarms.
 * @needs chromium
 */
import { readFileSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { launchChromium } from '../support/process/chromium.ts';
import { until } from '../support/until.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(180_000);

let stack: Stack;
let browser: Browser;
let operator: Operator;
let tests = 0;
let type: string;
let only: string;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterAll(async () => {
  await operator.closeBrowser();
  await browser.close();
  await stack.stop();
});

beforeEach(() => {
  tests += 1;
  type = `incident.${tests}`;
  only = `is=type:${type}`;
});

afterEach(() => operator.reset());

const publish = (...fields: object[]) =>
  stack.caller.publish(...fields.map((one) => event({ type, ...one })));
const hash = () => decodeURIComponent(new URL(operator.page.url()).hash);
const button = (name: string | RegExp) => operator.page.getByRole('button', { name });
const clipboard = () => operator.page.evaluate<string>('navigator.clipboard.readText()');

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

describe('from one event', () => {
  it('the trace shows all events of its correlation id, oldest first, with their offsets', async () => {
    const correlationid = `c,${type}`.padEnd(1024, '-');
    const time = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
    await publish(
      { correlationid, time: time(250), data: { summary: 'second' } },
      { correlationid, time: time(0), data: { summary: 'first' } },
      { data: { summary: 'stranger' } },
    );
    await operator.open(`#/events?${only}&group=0`);
    await operator.rows('second').click();
    await button('Show trace').click();
    const rows = operator.page.locator('.trace tbody tr');
    await rows.nth(1).waitFor();
    expect(await rows.allTextContents()).toEqual([
      expect.stringMatching(/^\+0 ms.*first$/),
      expect.stringMatching(/^\+250 ms.*second$/),
    ]);
    await expectSeen(operator.page.getByText('2 events in 250 ms'));
    await button('Close trace').click();
    await operator.shows('stranger');
  });

  it('its context shows its neighbours without the filter, and Back returns', async () => {
    await publish({ data: { summary: 'the cause', key: 1 } });
    await stack.caller.publish(event({ type: `${type}.other`, data: { summary: 'just after' } }));
    await operator.open(`#/events?${only}&is=data.key:1`);
    await operator.rows('the cause').click();
    await button('Show in context').click();
    await operator.shows('just after');
    await expectSeen(operator.page.locator('.row[aria-selected=true]', { hasText: 'the cause' }));
    await operator.page.goBack();
    await expectGone(operator.rows('just after'));
  });

  it('pins, acknowledgements and notes reach all operators', async () => {
    await publish({ severity: 'error', data: { summary: 'it broke' } });
    await operator.open(`#/events?${only}`);
    await operator.rows('it broke').click();
    await button('Pin').click();
    await button('Acknowledge').click();
    await operator.page.getByLabel('Note for all operators').fill('The disk was full.');
    await button('Add note').click();
    await operator.rows('pinnedacknowledged by operator1 noteit broke').waitFor();
    const colleague = await Operator.at(browser, stack.url, stack.caller.token);
    await colleague.open('#/overview');
    const pinned = colleague.page.locator('.incident.pinned');
    await expectSeen(pinned.getByRole('link', { name: 'error: it broke' }));
    await colleague.open(`#/events?${only}`);
    await colleague.rows('1 noteit broke').click();
    await expectSeen(colleague.page.getByText('The disk was full.'));
    await colleague.page.getByRole('button', { name: 'Unpin' }).click();
    await expectGone(operator.rows('pinned'));
    await colleague.closeBrowser();
  });

  it('a note goes to the event that it was written about, once, whatever was opened meanwhile', async () => {
    await publish({ data: { summary: 'the first' } }, { data: { summary: 'the second' } });
    await operator.open(`#/events?${only}&group=0`);
    const field = operator.page.getByLabel('Note for all operators');
    const open = (summary: string) => operator.rows(summary).click();
    await open('the first');
    await field.fill('About the first.');
    await open('the second');
    expect(await field.inputValue()).toBe('');
    await field.fill('About the second.');
    await open('the first');
    expect(await field.inputValue()).toBe('About the first.');
    await field.press('Escape');
    await open('the first');
    expect(await field.inputValue()).toBe('About the first.');
    // A slow server, and an operator who presses again.
    await operator.page.route('**/notes', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    await button('Add note').click();
    await button('Adding…').click();
    await open('the second');
    await operator.rows('1 notethe first').waitFor();
    expect(await field.inputValue()).toBe('About the second.');
    expect(await operator.rows('notethe second').count()).toBe(0);
  });

  it('a pin and a note are found below 600 newer notes', async () => {
    await publish({ data: { summary: 'noted' } }, { data: { summary: 'discussed' } });
    const { json } = await stack.caller.api(`/events?type=${type}`);
    const [noted, discussed] = json.events as { position: string }[];
    const note = (on: typeof noted, body: object) =>
      stack.caller.post(`/events/${on?.position}/notes`, body);
    await note(noted, { action: 'pin' });
    await note(noted, { action: 'note', text: 'The first note.' });
    for (let sent = 0; sent < 600; sent += 10) {
      const texts = Array.from({ length: 10 }, (_, n) => `Note ${sent + n}.`);
      await Promise.all(texts.map((text) => note(discussed, { action: 'note', text })));
    }
    await operator.open('#/overview');
    const pinned = operator.page.locator('.incident.pinned');
    await expectSeen(pinned.getByRole('link', { name: 'noted' }));
    expect(await pinned.getByText('were not read').count()).toBe(0);
    await operator.open(`#/events?${only}`);
    await operator.rows('1 notenoted').click();
    await expectSeen(operator.page.getByText('The first note.'));
    await expectSeen(button('Unpin'));
    // Where the notes could not be read at first, those of the event are read when it is opened.
    await operator.page.route('**/operator/api/events?type=vx11.note*', (route) =>
      new URL(route.request().url()).searchParams.has('subject') ? route.continue() : route.abort(),
    );
    await operator.open(`#/events?${only}`);
    await operator.rows('noted').click();
    await expectSeen(button('Unpin'));
    await button('Unpin').click();
    await button('Pin').waitFor();
  });

  it('addresses can be followed, and a stack trace keeps its lines and can be copied', async () => {
    const trace = 'Error: boom\n    at pay (pay.js:1:2)\n    at main (main.js:3:4)';
    const see = 'see https://example.com/runbook?x=1).';
    await publish({ data: { summary: 'boom', see, trace } });
    await operator.open(`#/events?${only}`);
    await operator.rows('boom').click();
    const detail = operator.page.getByRole('dialog', { name: type });
    const link = detail.getByRole('link', { name: 'https://example.com/runbook?x=1' });
    expect(await link.getAttribute('href')).toBe('https://example.com/runbook?x=1');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await detail.locator('pre').textContent()).toBe(trace);
    await detail.getByRole('button', { name: 'Copy trace' }).click();
    await operator.page.getByText('Text copied').waitFor();
    expect(await clipboard()).toBe(trace);
  });
});

describe('routine reports of the system', () => {
  it('are hidden at first, while warnings and worse are shown', async () => {
    await operator.open('#/events?group=0&is=data.service:madre');
    await operator.shows('madre is down');
    await operator.page.goto(`${operator.page.url().split('#')[0]}#/events?group=0`);
    await operator.page.getByText(/^[\d,]+ events in the whole log/).waitFor();
    expect(await operator.rows('vx11.stream.opened').count()).toBe(0);
    await expectSeen(operator.page.getByText(/without system events/));
    await button('View').click();
    await operator.page.getByLabel('System events').check();
    await operator.shows('vx11.stream.opened');
    expect(hash()).toContain('system=1');
  });
});

describe('the keyboard', () => {
  it('pages through the list, and the active row is in the document', async () => {
    await publish(
      ...Array.from({ length: 120 }, (_, n) => ({
        module: `m${n % 2}`,
        data: { summary: `row ${n}` },
      })),
    );
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('row 119');
    const list = operator.page.getByRole('listbox', { name: 'Events, newest first' });
    await list.focus();
    for (const key of ['ArrowDown', 'PageDown', 'PageDown', 'End', 'PageUp', 'Home']) {
      await operator.page.keyboard.press(key);
      const selected = operator.page.locator('.row[aria-selected=true]');
      await selected.waitFor();
      expect(await list.getAttribute('aria-activedescendant')).toBe(
        await selected.getAttribute('id'),
      );
    }
    await expectSeen(operator.page.locator('.row[aria-selected=true]', { hasText: 'row 119' }));
  });

  it('runs commands by their names', async () => {
    await operator.open();
    await operator.page.keyboard.press('Control+k');
    await operator.page.getByRole('combobox', { name: 'Command' }).fill('go over');
    await operator.page.keyboard.press('Enter');
    await expectSeen(operator.page.getByRole('heading', { name: 'Overview' }));
  });
});

describe('small screens', () => {
  it('1,024 pixels wide show a readable list next to the details, and a toolbar of one line', async () => {
    await operator.page.setViewportSize({ width: 1024, height: 700 });
    await publish({ data: { summary: 'readable' } });
    await operator.open(`#/events?${only}`);
    const toolbar = operator.page.locator('.events .toolbar');
    expect((await toolbar.boundingBox())?.height).toBeLessThan(60);
    await operator.rows('readable').click();
    const summary = await operator.rows('readable').locator('.summary').boundingBox();
    expect(summary?.width).toBeGreaterThan(200);
  });

  it('of phones show every tool', async () => {
    const phone = await Operator.at(browser, stack.url, stack.caller.token, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await phone.open();
    const beyond = await phone.page
      .locator('.events .toolbar')
      .evaluate(
        (bar) => [...bar.children].filter((one) => one.getBoundingClientRect().right > 390).length,
      );
    expect(beyond).toBe(0);
    await phone.closeBrowser();
  });

  it('of phones show what a button did, although the details cover the page', async () => {
    await publish({ data: { summary: 'on call' } });
    await operator.page.setViewportSize({ width: 390, height: 844 });
    await operator.open(`#/events?${only}`);
    await operator.rows('on call').click();
    await button('Copy link').click();
    const toast = operator.page.getByRole('dialog', { name: type }).getByText('Link copied');
    await toast.waitFor();
    expect(
      await toast.evaluate((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2) === element;
      }),
    ).toBe(true);
  });
});

describe('critical events', () => {
  it('are counted in the title and marked on the icon until the operator looks at the list', async () => {
    await operator.open('#/streams');
    await operator.isLive();
    await publish(...[1, 2].map((n) => ({ severity: 'critical', data: { summary: `fire ${n}` } })));
    expect(
      await eventually(
        () => operator.page.title(),
        (title) => title.startsWith('(2) '),
      ),
    ).toMatch(/^\(2\) /);
    const icon = operator.page.locator('link[rel=icon]');
    expect(await icon.getAttribute('href')).toContain('icon-alert.svg');
    await operator.page.getByRole('link', { name: 'Events' }).click();
    await operator.shows('fire 2');
    expect(
      await eventually(
        () => operator.page.title(),
        (title) => title.startsWith('Events'),
      ),
    ).toMatch(/^Events/);
    expect(await icon.getAttribute('href')).toContain('icon.svg');
  });

  it('notify on the desktop after opting in, and not in quiet hours', async () => {
    const other = await atTheDesktop();
    await other.open('#/streams');
    // Events of the snapshot are old: they cause no notification.
    await other.isLive();
    await other.page.getByRole('button', { name: 'Notifications' }).click();
    await other.page.getByLabel('Desktop notification').check();
    await publish({ severity: 'critical', module: 'db', data: { summary: 'disk full' } });
    await unseen(other, 1);
    await other.page.clock.fastForward(1_000);
    expect(await notifications(other)).toEqual([['db: critical', 'disk full']]);
    await other.page.getByLabel('From').fill('00:00');
    await other.page.getByLabel('To', { exact: true }).fill('23:59');
    await publish({ severity: 'critical', data: { summary: 'at night' } });
    await unseen(other, 2);
    await other.page.clock.fastForward(10_000);
    expect(await notifications(other)).toHaveLength(1);
    await other.closeBrowser();
  });

  it('show five of them in overview, title and icon, and in one desktop notification', async () => {
    const other = await atTheDesktop();
    await other.open('#/overview');
    await other.isLive();
    await other.page.getByRole('button', { name: 'Notifications' }).click();
    await other.page.getByLabel('Desktop notification').check();
    await other.page.keyboard.press('Escape');
    await publish(
      ...['vault', 'vault', 'web', 'mail', 'queue'].map((module, n) => ({
        severity: 'critical',
        module,
        data: { summary: `failure ${n + 1} of five` },
      })),
    );
    await unseen(other, 5);
    expect(await other.page.title()).toBe('(5) Overview · VX11 Operator');
    expect(await other.page.locator('link[rel=icon]').getAttribute('href')).toContain(
      'icon-alert.svg',
    );
    await other.page.clock.fastForward(1_000);
    expect(await notifications(other)).toEqual([
      [
        '5 critical events',
        'queue: failure 5 of five\nmail: failure 4 of five\nweb: failure 3 of five\nand 2 more',
      ],
    ]);
    await other.page.clock.fastForward(5_000);
    const newest = other.page.locator('.incident', { hasText: 'Newest critical' });
    await newest.getByText('failure 5 of five').waitFor();
    expect(await newest.getByText(/of five$/).allTextContents()).toEqual(
      [5, 4, 3, 2, 1].map((n) => `failure ${n} of five`),
    );
    const failing = other.page.locator('.incident', { hasText: 'Modules that fail most' });
    await expectSeen(failing.getByRole('listitem').filter({ hasText: 'vault2 critical' }));
    await expectSeen(other.page.getByRole('button', { name: 'Notifications: 5 unseen critical' }));
    await other.closeBrowser();
  });
});

/** An operator whose desktop notifications are recorded, with a clock of their own. */
async function atTheDesktop(): Promise<Operator> {
  const other = await Operator.at(browser, stack.url, stack.caller.token);
  await other.page.context().grantPermissions(['notifications']);
  await other.page.addInitScript(`
    globalThis.shown = [];
    globalThis.Notification = class extends EventTarget {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title, { body }) { super(); shown.push([title, body]); }
    };
  `);
  await other.page.clock.install();
  return other;
}

const notifications = ({ page }: Operator) => page.evaluate<string[][]>('shown');

/** Waits until the title counts so many critical events. */
async function unseen({ page }: Operator, count: number): Promise<void> {
  await eventually(
    () => page.title(),
    (title) => title.startsWith(`(${count}) `),
  );
}

describe('the overview', () => {
  const now = new Date().toISOString();
  const alert = (name: string, status: string, severity = 'critical') => ({
    status,
    labels: { alertname: name, severity, service: 'db' },
    annotations: { summary: `${name} is full` },
    startsAt: now,
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : now,
    fingerprint: `f${name}`,
    generatorURL: '',
  });
  const send = (...alerts: object[]) =>
    stack.caller.post('/intake/alertmanager', { version: '4', receiver: 'vx11', alerts });

  it('begins with the alerts that fire and the newest critical events', async () => {
    const names = ['DiskA', 'DiskB', 'DiskC', 'DiskD', 'DiskE', 'DiskF'];
    await send(...names.map((name) => alert(name, 'firing')));
    await send(alert('DiskF', 'resolved'));
    await operator.open('#/overview');
    const firing = operator.page.locator('.incident').first();
    await expectSeen(firing.getByText('5 critical'));
    await expectSeen(firing.getByRole('link', { name: 'critical: DiskA is full' }));
    expect(await firing.getByText('DiskF').count()).toBe(0);
    await expectSeen(
      operator.page.locator('.incident', { hasText: 'Newest critical' }).getByText('DiskE is full'),
    );
  });

  it('shows an alert that fires below 600 newer events of other alerts', async () => {
    await send(alert('Tape', 'firing'));
    const others = Array.from({ length: 300 }, (_, n) => `Other${n}`);
    await send(...others.map((name) => alert(name, 'firing', 'warning')));
    await send(...others.map((name) => alert(name, 'resolved', 'warning')));
    await operator.open('#/overview');
    const firing = operator.page.locator('.incident').first();
    await expectSeen(firing.getByRole('link', { name: 'critical: Tape is full' }));
    expect(await firing.getByText('alert events').count()).toBe(0);
    await send(alert('Tape', 'resolved'));
    await expectGone(firing.getByText('Tape is full'));
  });

  it('never says that no alert fires when it has not read all alert events', async () => {
    const page = (last: number) => ({
      events: Array.from({ length: 500 }, (_, n) =>
        event({
          id: `f${last - n}/start/resolved`,
          type: 'vx11.alert.resolved',
          position: `${last - n}-0`,
        }),
      ).toReversed(),
      next: `${last - 499}-0`,
    });
    await operator.page.route('**/operator/api/events?type=vx11.alert.firing*', (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (query.has('after')) return route.fulfill({ json: { events: [], next: null } });
      return route.fulfill({ json: page(Number.parseInt(query.get('before') ?? '10001') - 1) });
    });
    await operator.open('#/overview');
    const firing = operator.page.locator('.incident').first();
    await expectSeen(firing.getByText('of the last 5,000 alert events'));
    expect(await firing.textContent()).toContain('at least0');
    expect(await firing.getByText('No alert is firing').count()).toBe(0);
  });

  it('shows how often a module with a very long name fails', async () => {
    await publish({ severity: 'critical', module: 'm'.repeat(128) });
    await operator.open('#/overview');
    const failing = operator.page.locator('.incident', { hasText: 'Modules that fail most' });
    const line = failing.getByRole('listitem').filter({ hasText: 'mmmm' });
    await line.waitFor();
    const beyond = (box: { scrollWidth: number; clientWidth: number }) =>
      box.scrollWidth - box.clientWidth;
    expect(await failing.evaluate(beyond)).toBe(0);
    expect(await line.evaluate(beyond)).toBe(0);
  });

  it('shows a frozen backend as stale within ten seconds, and recovers with it', async () => {
    await operator.open('#/overview');
    await operator.page.locator('.service').first().waitFor();
    // A stream that is still being opened when the backend freezes is connecting, not stale.
    await operator.isLive();
    process.kill(stack.backend.pid, 'SIGSTOP');
    const stopped = Date.now();
    let seconds: number;
    try {
      await operator.page.locator('.age.stale').nth(2).waitFor();
      await operator.page.getByRole('button', { name: /^Stale/ }).waitFor();
      seconds = (Date.now() - stopped) / 1_000;
      const backend = operator.page.locator('.service', { hasText: 'operator-backend' });
      await expectSeen(backend.getByText('was up'));
      await expectSeen(operator.page.locator('.verdict').getByText('stale'));
      // A screen reader reads a live region again whenever it changes, and ages change each second.
      const spoken = await operator.page.getByRole('status').allTextContents();
      expect(spoken.join()).toMatch(/Stale.*Stale/);
      expect(spoken.join()).not.toMatch(/\d+ s/);
    } finally {
      process.kill(stack.backend.pid, 'SIGCONT');
    }
    // A loaded machine adds seconds; the limit of the panel itself is 10 s.
    expect(seconds).toBeLessThan(20);
    await expectGone(operator.page.locator('.age.stale'));
    await operator.isLive();
  });
});

describe('the streams', () => {
  it('mark the own stream, show readable client names, and ask for the name before ending the own stream', async () => {
    await operator.open('#/streams');
    await operator.isLive();
    // The server may not have noticed yet that the page of the last test is closed.
    await stack.caller.streams(1);
    const own = operator.page.getByRole('row').filter({ hasText: 'this is you' });
    await expectSeen(own.getByText(/^Chrome \d+ on Linux$/));
    await own.getByRole('button', { name: /^End this stream/ }).click();
    const end = button('End stream');
    expect(await end.isDisabled()).toBe(true);
    await operator.page.getByLabel(/^Type operator to confirm/).fill('operator');
    await end.click();
    await expectSeen(button(/^Ended/));
  });

  it('say what happened when the list cannot be loaded', async () => {
    await operator.page.route('**/operator/api/streams', (route) => route.abort());
    await operator.open('#/streams');
    await expectSeen(
      operator.page.getByText(
        'The list of streams could not be loaded. The server cannot be reached.',
      ),
    );
  });
});

itLeaksNoToken();
