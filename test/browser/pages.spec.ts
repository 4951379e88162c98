/**
 * The other pages of the panel, its themes, its size and its accessibility.
 * @needs chromium
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { COLOUR_RULES, findingsOn } from './support/axe.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { browser, operator, stack } from './support/panel.js';

/** An event of each severity. */
const publishEach = () =>
  stack.caller.publish(
    ...['info', 'warn', 'error', 'critical'].map((severity) =>
      event({ severity, data: { summary: `one of ${severity}`, deep: { list: [1, null, 'x'] } } }),
    ),
  );

beforeAll(publishEach);

describe('the streams', () => {
  it('show each client with its credential, and can be ended one by one', async () => {
    await stack.caller.stream({ query: '&severity=error' });
    await operator.open('#/streams');
    const row = operator.page.getByRole('row').filter({ hasText: 'test-client 1.0' });
    await expectSeen(row.getByText('severity error'));
    await expectSeen(row.getByText('ephemeral'));
    await row.getByRole('button', { name: /^End this stream/ }).click();
    await operator.page.getByRole('button', { name: 'End stream' }).click();
    await expectGone(row);
  });
});

/** The answer where a right was taken away after the sign-in. */
const REFUSAL = {
  code: 'insufficient_scope',
  status: 403,
  title: 'The credential does not allow this',
  detail: 'This needs the scope streams:admin.',
};

describe('a list that the principal may no longer see', () => {
  it('is not asked for again and again: that would be reported as an attack', async () => {
    let asked = 0;
    await operator.page.route('**/operator/api/streams', (route) => {
      asked += 1;
      return route.fulfill({ status: 403, json: REFUSAL });
    });
    await operator.page.clock.install();
    await operator.open('#/streams');
    await expectSeen(operator.page.getByText(REFUSAL.detail));
    for (let turn = 0; turn < 3; turn += 1) await operator.page.clock.fastForward(6_000);
    expect(asked).toBe(1);
  });
});

describe('the streams of several instances', () => {
  it('show their instance, how many are not listed, and whether an instance did not answer', async () => {
    const row = {
      principal_id: 'operator',
      credential: 'ephemeral',
      filter: [],
      address: '192.0.2.1',
      user_agent: 'test',
      opened_at: new Date().toISOString(),
    };
    await operator.page.route('**/operator/api/streams', (route) =>
      route.fulfill({
        json: {
          streams: ['blue', 'green'].map((instance) => ({ ...row, id: instance, instance })),
          total: 2_345,
          silent_instances: 1,
        },
      }),
    );
    await operator.open('#/streams');
    await expectSeen(operator.page.getByText('2 of 2,345 open streams; the server lists'));
    await expectSeen(operator.page.getByText('One instance did not answer in time'));
    await expectSeen(operator.page.getByRole('cell', { name: 'green' }));
  });
});

describe('a list that is longer than what the server sends', () => {
  const principal = {
    source: 'managed',
    status: 'active',
    scopes: ['events:read'],
    filter: null,
    comment: null,
    expires_at: null,
    credentials: [],
    streams: 0,
  };
  const stream = {
    principal_id: 'operator',
    credential: 'ephemeral',
    filter: [{ module: ['sh\u202Eop'] }],
    address: '192.0.2.1',
    user_agent: 'Wanted/1.0 (zeus)',
    opened_at: new Date().toISOString(),
    instance: 'blue',
  };

  it.each([
    [
      'principals',
      (id: string) => ({ principals: [{ ...principal, id }], next: 'more' }),
      '1 of 2,345 principals',
    ],
    [
      'streams',
      (id: string) => ({ streams: [{ ...stream, id, principal_id: id }], silent_instances: 0 }),
      '1 of 2,345 open streams',
    ],
  ])('is searched by the server: %s', async (name, listOf, words) => {
    const asked: string[] = [];
    await operator.page.route(`**/operator/api/${name}*`, (route) => {
      const q = new URL(route.request().url()).searchParams.get('q') ?? '';
      asked.push(q);
      const list = listOf(q === '' ? 'ana' : 'zeus');
      return route.fulfill({ json: { ...list, total: 2_345, matching: q === '' ? 2_345 : 1 } });
    });
    await operator.open(`#/${name}`);
    await operator.page.getByRole('rowheader', { name: 'ana' }).waitFor();
    await operator.page.getByLabel(`Search ${name}`).fill('zeus');
    await expectSeen(operator.page.getByRole('rowheader', { name: 'zeus' }));
    await expectSeen(operator.page.getByText(words));
    expect(asked.at(-1)).toBe('zeus');
    await operator.page.getByLabel(`Search ${name}`).fill('');
    await expectSeen(operator.page.getByRole('rowheader', { name: 'ana' }));
  });

  it('shows what is hidden in the filter of a client', async () => {
    await operator.page.route('**/operator/api/streams*', (route) =>
      route.fulfill({
        json: { streams: [{ ...stream, id: 's' }], total: 1, matching: 1, silent_instances: 0 },
      }),
    );
    await operator.open('#/streams');
    await expectSeen(operator.page.getByRole('cell', { name: 'module shU+202Eop' }));
  });
});

describe('a polled list', () => {
  it('is shown on a line so slow that an answer takes longer than the interval', async () => {
    await operator.open('#/events');
    await operator.page.evaluate(`{
      const send = fetch;
      globalThis.fetch = async (...request) => {
        const answer = await send(...request);
        if (!String(request[0]).includes('/api/principals')) return answer;
        const text = await answer.text();
        const rest = { start: (body) => setTimeout(() => {
          body.enqueue(new TextEncoder().encode(text));
          body.close();
        }, 6_000) };
        return new Response(new ReadableStream(rest), answer);
      };
    }`);
    await operator.page.getByRole('link', { name: 'Principals' }).click();
    await expectSeen(operator.page.getByRole('rowheader', { name: 'operator this is you' }));
    await operator.page.reload();
  });

  it('is requested as soon as its tab is shown again', async () => {
    await operator.open('#/streams');
    await operator.page.getByRole('table').waitFor();
    await operator.page.clock.install();
    await operator.page.clock.pauseAt(Date.now() + 1_000);
    const [asked] = await Promise.all([
      operator.page.waitForRequest('**/operator/api/streams'),
      operator.page.evaluate('document.dispatchEvent(new Event("visibilitychange"))'),
    ]);
    expect(asked.method()).toBe('GET');
    await operator.page.clock.resume();
  });
});

describe('a right that is taken away after the sign-in', () => {
  it('closes its page, which says what is missing, and the others go on', async () => {
    const path = '/principals/narrowed';
    const { json } = await stack.caller.post('/principals', {
      id: 'narrowed',
      scopes: ['events:read', 'streams:admin'],
    });
    const narrowed = await Operator.at(browser, stack.url, json.token as string);
    await narrowed.open('#/streams');
    await narrowed.page.getByRole('table').waitFor();
    await narrowed.isLive();
    const body = { scopes: ['events:read'] };
    await stack.caller.api(path, { method: 'PATCH', body });
    await expectSeen(narrowed.page.getByText('it lacks the scope streams:admin'));
    await narrowed.page.getByRole('link', { name: 'Events' }).click();
    await narrowed.isLive();
    await stack.caller.api(path, { method: 'PATCH', body: { scopes: ['audit:read'] } });
    await expectSeen(narrowed.page.getByText('it lacks the scope events:read'));
    await narrowed.closeBrowser();
    await stack.caller.api(path, { method: 'DELETE' });
  });
});

describe('on paper', () => {
  afterEach(() => operator.page.emulateMedia({ media: null }));

  it('a page is as long as what it says', async () => {
    await operator.open('#/runbooks');
    await operator.page.getByRole('heading', { level: 2 }).first().waitFor();
    await operator.page.emulateMedia({ media: 'print' });
    const [shown, all, paper] = await operator.page.evaluate<number[]>(
      '[document.querySelector("main")].flatMap((main) => [main.clientHeight, main.scrollHeight, document.documentElement.scrollHeight])',
    );
    expect(shown).toBe(all);
    expect(paper).toBeGreaterThanOrEqual(Number(all));
  });
});

describe('in the colours of the system', () => {
  afterEach(() => operator.page.emulateMedia({ forcedColors: null }));

  it('what is chosen has a line', async () => {
    await operator.page.emulateMedia({ forcedColors: 'active' });
    await operator.open('#/events');
    const lineOf = (selector: string) =>
      operator.page.evaluate<string>(
        `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).outlineStyle`,
      );
    await operator.page.getByRole('button', { name: /^error/ }).click();
    await operator.page.keyboard.press('Control+k');
    await operator.page.keyboard.press('ArrowDown');
    expect(await lineOf('button.error[aria-pressed=true]')).toBe('solid');
    expect(await lineOf('.palette [aria-selected=true]')).toBe('solid');
    expect(await lineOf('.palette [aria-selected=false]')).toBe('none');
  });
});

describe('the audit page', () => {
  it('shows actor, action and result, and filters by refused actions', async () => {
    await operator.open('#/audit');
    const entries = operator.page.getByRole('region', { name: 'Audit entries' });
    // Signing in reads events, and the page reads the trail after that.
    await expectSeen(entries.getByRole('cell', { name: 'events.read' }).first());
    await operator.page.getByLabel('Result').selectOption('refused');
    await expectSeen(
      entries.getByText('No entry matches.').or(entries.getByText('refused').first()),
    );
  });

  it('has no hole when it is refreshed while older entries are on their way', async () => {
    let isRefreshed = () => {};
    const refreshed = new Promise<void>((resolve) => (isRefreshed = resolve));
    const pages = [
      [5, 4],
      [7, 6],
    ];
    await operator.page.route('**/operator/api/audit?*', async (route) => {
      const isOlder = route.request().url().includes('before=');
      if (isOlder) await refreshed;
      const page = isOlder ? [3, 2] : (pages.shift() ?? []);
      const entries = page.map((n) => ({
        position: String(n),
        time: new Date(n * 1_000).toISOString(),
        action: `act.${n}`,
        result: 'done',
      }));
      await route.fulfill({ json: { entries, next: String(page.at(-1)) } }).catch(() => undefined);
    });
    await operator.open('#/audit');
    await operator.page.getByRole('button', { name: 'Older entries' }).click();
    const [older] = await Promise.all([
      operator.page.waitForResponse(/before=4/),
      operator.page
        .getByRole('button', { name: 'Refresh' })
        .click()
        .then(() => operator.page.getByRole('cell', { name: 'act.7' }).waitFor())
        .then(isRefreshed),
    ]);
    await older.finished();
    await operator.page.getByRole('button', { name: 'Older entries', disabled: false }).waitFor();
    expect(await operator.page.getByRole('cell', { name: /^act/ }).allTextContents()).toEqual([
      'act.7',
      'act.6',
    ]);
  });

  it('shows a refusal, and no empty table below it', async () => {
    await operator.page.route('**/operator/api/audit*', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        json: REFUSAL,
      }),
    );
    await operator.open('#/audit');
    await expectSeen(operator.page.getByText('The audit trail could not be loaded.'));
    expect(await operator.page.getByRole('table').count()).toBe(0);
    expect(await operator.page.getByText('No entry matches.').count()).toBe(0);
  });

  it('shows no entries of another filter below an error', async () => {
    await operator.open('#/audit');
    await operator.page.getByRole('cell', { name: 'events.read' }).first().waitFor();
    await operator.page.route('**/operator/api/audit*', (route) => route.abort());
    await operator.page.getByLabel('Result').selectOption('refused');
    await expectSeen(operator.page.getByText('The audit trail could not be loaded.'));
    expect(await operator.page.getByRole('table').count()).toBe(0);
  });
});

describe('a dialog', () => {
  const dialog = () => operator.page.locator('dialog[open]');
  const focused = () =>
    operator.page.evaluate<string>(
      'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
    );
  const press = (name: string) => dialog().getByRole('button', { name, exact: true }).click();

  it('keeps a new token through a slow server, every way to close it, and Back', async () => {
    await operator.open('#/streams');
    await operator.page.getByRole('link', { name: 'Principals' }).click();
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await operator.page.route('**/operator/api/principals', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id').fill('slow');
    await press('Create');
    await operator.page.keyboard.press('Escape');
    await operator.page.mouse.click(5, 500);
    for (const name of ['Cancel', 'Close'])
      await dialog().getByRole('button', { name }).click({ force: true });
    answer();
    const token = operator.page.getByText(/^vx11p_/);
    await expectSeen(token);
    await operator.page.goBack();
    await operator.page.getByRole('heading', { name: 'Streams' }).waitFor({ state: 'attached' });
    await expectSeen(token);
    await press('Done');
    await expectGone(dialog());
    await stack.caller.api('/principals/slow', { method: 'DELETE' });
  });

  it('says what is wrong with the fields, and that a token may be lost', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id').fill('lost');
    const modules = dialog().getByLabel(/^Modules/);
    await modules.fill('x'.repeat(200));
    await press('Create');
    await expectSeen(dialog().getByText('filter.module may hold strings of 1 to 128 characters'));
    await modules.fill('');
    await operator.page.route('**/operator/api/principals', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).slice(0, 40) });
    });
    await press('Create');
    await expectSeen(dialog().getByText('The token may have been made'));
    await stack.caller.api('/principals/lost', { method: 'DELETE' });
  });

  it.each([
    ['Cancel', () => press('Cancel')],
    ['its cross', () => press('Close')],
    ['Escape', () => operator.page.keyboard.press('Escape')],
    ['the backdrop', () => operator.page.mouse.click(5, 500)],
  ])('gives the focus back after %s', async (_, leave) => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().waitFor();
    await leave();
    await expectGone(dialog());
    expect(await focused()).toBe('New principal…');
  });

  it('that asks for a confirmation gives the focus back, too', async () => {
    await operator.open('#/streams');
    const end = operator.page.getByRole('button', { name: /^End this stream/ }).first();
    await end.click();
    await press('Cancel');
    await expectGone(dialog());
    expect(await end.evaluate((button) => button.ownerDocument.activeElement === button)).toBe(
      true,
    );
  });

  it('gives the focus back after a second one has followed it', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id', { exact: true }).fill('night-shift');
    await press('Create');
    await expectSeen(dialog().getByText('The token is shown once.'));
    await press('Done');
    await expectGone(dialog());
    expect(await focused()).toBe('New principal…');
  });

  it('that shows a token once is closed by its buttons alone', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await operator.page.keyboard.type('day-shift');
    // A second Enter, pressed out of habit, must not close what is shown once.
    await operator.page.keyboard.press('Enter');
    await dialog().getByText('The token is shown once.').waitFor();
    await operator.page.keyboard.press('Enter');
    await expectSeen(dialog().getByText('Token copied'));
    const token = await dialog().locator('.new-token').textContent();
    expect(await operator.page.evaluate('navigator.clipboard.readText()')).toBe(token);
    await operator.page.keyboard.press('Escape');
    await operator.page.keyboard.press('Escape');
    await operator.page.mouse.click(5, 500);
    await operator.page.evaluate(
      "Object.defineProperty(navigator, 'clipboard', { value: undefined })",
    );
    await press('Copy');
    await expectSeen(dialog().getByText('The browser did not allow copying'));
    await press('Done');
    await expectGone(dialog());
  });

  it('leaves the focus in the table when the button that opened it is gone', async () => {
    await operator.open('#/principals');
    const act = async (name: string, label: string): Promise<void> => {
      await operator.page.getByRole('button', { name, exact: true }).focus();
      await operator.page.keyboard.press('Enter');
      await dialog().waitFor();
      if (label === 'Delete') await operator.page.keyboard.type('late-shift');
      await press(label);
      await expectGone(dialog());
    };
    await stack.caller.post('/principals', { id: 'late-shift', scopes: [] });
    await act('Disable late-shift', 'Disable');
    await operator.page.locator(':focus', { hasText: 'Restore' }).waitFor();
    await act('Restore late-shift', 'Restore');
    await operator.page.locator(':focus', { hasText: 'Disable' }).waitFor();
    await act('Delete late-shift', 'Delete');
    await expectGone(operator.page.getByRole('rowheader', { name: 'late-shift' }));
    expect(await focused()).toBe('Principals');
  });

  it('of commands gives the focus back after a command, also one that opens another dialog', async () => {
    await operator.open('#/principals');
    const opener = operator.page.getByRole('button', { name: 'New principal…' });
    await opener.waitFor();
    for (const command of ['Theme: light', 'Keyboard shortcuts']) {
      await opener.focus();
      await operator.page.keyboard.press('Control+k');
      await operator.page.getByRole('combobox', { name: 'Command' }).fill(command);
      await operator.page.keyboard.press('Enter');
      await expectGone(operator.page.getByRole('dialog', { name: 'Commands' }));
      if (command === 'Keyboard shortcuts') {
        await operator.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
        await operator.page.keyboard.press('Escape');
        await expectGone(dialog());
      }
      expect(await focused()).toBe('New principal…');
    }
  });

  it('stays open when a selection of text ends outside of it', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    const field = dialog().getByLabel('Id', { exact: true });
    await field.fill('night-shift-2');
    const { mouse } = operator.page;
    const box = await field.boundingBox();
    const y = (box?.y ?? 0) + 8;
    await mouse.move((box?.x ?? 0) + 60, y);
    await mouse.down();
    await mouse.move(5, y, { steps: 5 });
    await mouse.up();
    expect(await field.inputValue()).toBe('night-shift-2');
    expect(await dialog().count()).toBe(1);
  });
});

describe('a new version', () => {
  it('is noticed by an open tab, which offers to reload', async () => {
    // A clock is that of the whole browser profile.
    const tab = await Operator.at(browser, stack.url, stack.caller.token);
    await tab.page.clock.install();
    await tab.open();
    await tab.page.route('**/operator/ui/', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/index-[\w-]+\.js/, 'index-newer.js');
      await route.fulfill({ response, body });
    });
    await tab.page.clock.fastForward('02:00');
    await expectSeen(tab.page.getByText('A new version of this panel is available'));
    await tab.page.unroute('**/operator/ui/');
    await tab.page.getByRole('button', { name: 'Reload' }).click();
    // The session goes on in the new version.
    await expectSeen(tab.page.getByRole('navigation', { name: 'Pages' }));
    await expectGone(tab.page.getByText('A new version of this panel is available'));
    await tab.closeBrowser();
  });
});

describe('the theme', () => {
  it('follows the system, or the choice, which the next visit remembers', async () => {
    const background = () =>
      operator.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await operator.page.emulateMedia({ colorScheme: 'dark' });
    await operator.visit();
    const dark = await background();
    await operator.page.getByRole('button', { name: 'Theme' }).click();
    await operator.page.getByLabel('Light', { exact: true }).check();
    const light = await background();
    expect(light).not.toBe(dark);
    await operator.page.reload();
    expect(await background()).toBe(light);
  });
});

describe('accessibility', () => {
  it.each(['light', 'dark'] as const)(
    'has no finding of axe above minor on any page, in the %s theme',
    async (colorScheme) => {
      await operator.page.emulateMedia({ colorScheme });
      // Enough rows to judge them by; each more costs axe time.
      await operator.page.setViewportSize({ width: 1440, height: 480 });
      const findings: string[] = [];
      const look = async (page: string, part?: string) => {
        // The other rules do not depend on colours, and ran in the light theme.
        const rules = colorScheme === 'dark' ? COLOUR_RULES : undefined;
        const found = await findingsOn(operator, { rules, part });
        findings.push(...found.map((one) => `${page}: ${one}`));
      };
      // In sight, whatever came before.
      await publishEach();
      await operator.visit();
      await look('sign-in');
      await operator.signIn();
      await operator.shows('one of critical');
      await look('events');
      await operator.rows('one of critical').first().click();
      await operator.page.getByRole('dialog').waitFor();
      await look('details');
      await operator.page.keyboard.press('Escape');
      for (const name of ['View', 'Any time', 'Module', 'Export', 'Notifications', 'Theme']) {
        await operator.page.getByRole('button', { name, exact: true }).first().click();
        await look(`the menu ${name}`, '.menu:popover-open');
        await operator.page.keyboard.press('Escape');
      }
      await operator.page.getByLabel('Search events').fill('s');
      await operator.page.getByRole('option', { name: 'severity:' }).waitFor();
      await look('the suggestions', '.search');
      await operator.page.getByLabel('Search events').fill('');
      await operator.page.keyboard.press('Control+k');
      await look('the commands', 'dialog');
      await operator.page.keyboard.press('Escape');
      for (const [name, ready] of [
        ['Overview', '.figure canvas'],
        ['Streams', 'table'],
        ['Audit', 'table'],
      ] as const) {
        await operator.page.getByRole('link', { name }).click();
        await operator.page.locator(ready).first().waitFor();
        await look(name);
      }
      await operator.page.goto(`${stack.url}/operator/ui/#/runbooks`);
      await operator.page.locator('.prose h2').first().waitFor();
      await look('Runbooks');
      expect(findings).toEqual([]);
    },
  );

  it('includes the smallest phone and a zoomed window: every page can be reached, and the list fills its own', async () => {
    const { page } = operator;
    await operator.open();
    await page.setViewportSize({ width: 320, height: 568 });
    const end = await page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll('nav a')].map((link) => link.getBoundingClientRect().right))`,
    );
    expect(end).toBeLessThanOrEqual(320);
    // 1280 × 800 pixels at 200 %.
    await page.setViewportSize({ width: 640, height: 400 });
    const shares = await page.evaluate<number[]>(`(() => {
      const page = document.querySelector('main');
      const list = document.querySelector('.scroller');
      page.scrollTo({ top: 1e4 });
      const above = list.getBoundingClientRect().top - page.getBoundingClientRect().top;
      return [list.clientHeight, page.clientHeight - above].map((height) => height / page.clientHeight);
    })()`);
    expect(Math.min(...shares)).toBeGreaterThan(0.95);
  });

  it('includes phones: nothing is wider than the screen, and axe finds nothing above minor', async () => {
    const phone = await Operator.at(browser, stack.url, stack.caller.token, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await phone.open();
    for (const name of ['Overview', 'Streams', 'Audit', 'Events']) {
      await phone.page.getByRole('link', { name }).tap();
      expect(await phone.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
    }
    // As narrow as WCAG asks for (1.4.10): 320 pixels, or 1,280 enlarged four times.
    await phone.page.setViewportSize({ width: 320, height: 640 });
    await phone.page.goto(`${stack.url}/operator/ui/#/runbooks`);
    await phone.page.locator('.prose h2').first().waitFor();
    const main = phone.page.getByRole('main');
    expect(await main.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(
      0,
    );
    // The rows are cards here: screen readers must still find a table.
    await phone.page.getByRole('link', { name: 'Streams', exact: true }).tap();
    const row = phone.page.getByRole('row').filter({ hasText: 'ephemeral' });
    await expectSeen(row.getByRole('button', { name: /^End this stream/ }));
    expect(await findingsOn(phone)).toEqual([]);
    await phone.closeBrowser();
  });
});

// At the end, because a service that never answered counts as down 20 s after the start.
describe('the overview', () => {
  it('shows the seven services, with their state as a word', async () => {
    await operator.open('#/overview');
    const services = operator.page.locator('.service');
    await expectSeen(services.filter({ hasText: 'madre' }).getByText('down'));
    await expectSeen(services.filter({ hasText: 'operator-backend' }).getByText('up'));
    await expectSeen(services.filter({ hasText: 'redis' }).getByText('embedded'));
    expect(await services.count()).toBe(7);
    const glance = operator.page.getByRole('region', { name: 'At a glance' });
    await expectSeen(glance.getByRole('listitem').filter({ hasText: 'madre is down, since' }));
  });

  it('plots each figure with its limits, its verdict and its runbook', async () => {
    await operator.open('#/overview');
    const figures = operator.page.locator('.figure');
    await expectSeen(figures.first().locator('canvas'));
    expect(await figures.count()).toBe(9);
    const issuing = figures.filter({ hasText: 'Issuing a token' });
    await expectSeen(issuing.getByText('SLO below 50 ms · alert above 100 ms'));
    // Which one depends on how busy this machine is.
    await expectSeen(
      issuing
        .locator('.verdict')
        .filter({ hasText: /ok|no data|outside SLO|above alert limit|too few to judge/ }),
    );
    await issuing.getByRole('link', { name: 'Runbook' }).click();
    await expectSeen(operator.page.getByRole('heading', { name: 'SlowTokenIssuing' }));
  });

  it('has a runbook for every figure', async () => {
    await operator.open('#/overview');
    const links = operator.page.getByRole('link', { name: 'Runbook' });
    await links.first().waitFor();
    const wanted = await links.evaluateAll((found) =>
      found.map((link) => new URLSearchParams(link.getAttribute('href')?.split('?')[1]).get('of')),
    );
    await links.first().click();
    await operator.page.locator('.prose h2').first().waitFor();
    const headings = await operator.page.locator('.prose h2').allTextContents();
    expect(headings).toEqual(expect.arrayContaining(wanted));
  });
});

describe('the files', () => {
  it('allow no inline script, keep hashed assets for good, and the page never', async () => {
    const page = await ask(stack.url, '/operator/ui/');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers['cache-control']).toBe('no-cache');
    const script = /src="([^"]+\.js)"/.exec(page.text)?.[1] ?? '';
    const asset = await ask(stack.url, new URL(script, `${stack.url}/operator/ui/`).pathname);
    expect(asset.headers['cache-control']).toContain('immutable');
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|style="/);
  });
});

describe('the size', () => {
  const root = join(__dirname, '../..');
  const dist = join(root, 'frontend/dist');
  const kB = (file: string) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000;
  const asset = (name: RegExp) =>
    `assets/${readdirSync(join(dist, 'assets')).find((one) => name.test(one)) ?? ''}`;
  /** What the page names is loaded with it, in however many files the bundler put it. */
  const named = (extension: string) =>
    [...readFileSync(join(dist, 'index.html'), 'utf8').matchAll(/assets\/[\w.-]+/g)]
      .map(([file]) => file)
      .filter((file) => file.endsWith(extension))
      .reduce((sum, file) => sum + kB(file), 0);
  const sizes = () => ({
    scripts: named('.js'),
    styles: named('.css'),
    'shared worker': kB(asset(/^worker-.*\.js$/)),
    'search worker': kB(asset(/^search-worker-.*\.js$/)),
  });

  it('is under 70 kB, compressed, for everything before the charts', () => {
    expect(Object.values(sizes()).reduce((sum, one) => sum + one)).toBeLessThan(70);
  });

  it('is what the documentation says', () => {
    const page = readFileSync(join(root, 'docs/concepts/panel.md'), 'utf8');
    for (const [file, is] of Object.entries(sizes())) {
      const [, said] = new RegExp(`^\\| ${file} \\| ([\\d.]+) \\|`, 'm').exec(page) ?? [];
      expect(Math.abs(Number(said) - is)).toBeLessThan(1);
    }
  });
});

itLeaksNoToken();
