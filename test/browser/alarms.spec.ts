/**
 * What the panel tells an operator by itself: critical events, firing alerts, its overview.
 * @needs chromium
 */
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { browser, button, operator, publish, stack } from './support/panel.js';

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
