/**
 * The panel's lists of streams, principals and the audit trail.
 * @needs chromium
 */
import { itLeaksNoToken } from '../support/secrets.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { browser, operator, stack } from './support/panel.js';

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

itLeaksNoToken();
