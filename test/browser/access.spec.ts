/**
 * Every page of the panel in every state, as axe sees it: light and dark, desktop and phone.
 * `npm run test:long -- access`
 * @needs chromium
 */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { event } from '../support/caller.js';
import { launchChromium } from '../support/process/chromium.ts';
import { itLeaksNoToken } from '../support/secrets.js';
import { COLOUR_RULES, findingsOn } from './support/axe.js';
import { Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(900_000);

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  const correlationid = 'order-1';
  const trace = 'Error: boom\n    at pay (pay.js:1:2)';
  await stack.caller.publish(
    ...['info', 'warn', 'error', 'critical'].map((severity) =>
      event({
        severity,
        correlationid,
        data: {
          summary: `one of ${severity}`,
          see: 'https://example.com/',
          trace,
          list: [1, null],
        },
      }),
    ),
    ...[1, 2, 3].map((n) => event({ type: 'burst', data: { summary: `similar ${n}` } })),
  );
  await stack.caller.post('/intake/alertmanager', {
    version: '4',
    receiver: 'vx11',
    alerts: ['firing', 'resolved'].map((status) => ({
      status,
      labels: { alertname: `Disk ${status}`, severity: 'critical', service: 'db' },
      annotations: { summary: `the disk alert is ${status}` },
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
      fingerprint: status,
      generatorURL: '',
    })),
  });
  const { json } = await stack.caller.api('/events?limit=500&severity=critical');
  const { position } = (json.events as { position: string; type: string }[]).find(
    ({ type }) => type === 'test.event',
  ) ?? { position: '' };
  for (const action of ['pin', 'acknowledge', 'note']) {
    await stack.caller.post(
      `/events/${position}/notes`,
      JSON.stringify({ action, text: 'The disk was full.' }),
      { 'content-type': 'application/json' },
    );
  }
});

afterAll(async () => {
  await browser.close();
  await stack.stop();
});

/** Walks through the panel and looks at each state. */
class Walk {
  readonly findings: string[] = [];
  readonly seen: string[] = [];

  constructor(
    readonly operator: Operator,
    private readonly rules: string[] | undefined,
    private readonly width: number,
  ) {}

  get page() {
    return this.operator.page;
  }

  /** @param ready what must be in sight first */
  async look(state: string, ready: string, part?: string): Promise<void> {
    await this.page.locator(ready).first().waitFor();
    const found = await findingsOn(this.operator, { rules: this.rules, part });
    const scrollWidth = await this.page.evaluate<number>('document.documentElement.scrollWidth');
    if (scrollWidth > this.width) found.push(`is ${scrollWidth} pixels wide`);
    this.findings.push(...found.map((one) => `${state}: ${one}`));
    this.seen.push(state);
  }

  async go(hash: string): Promise<void> {
    await this.page.goto(`${stack.url}/operator/ui/${hash}`);
  }

  /** The page while the server answers these requests so. */
  async answering(
    path: string,
    json: object | undefined,
    look: () => Promise<void>,
  ): Promise<void> {
    const pattern = new RegExp(`/operator/api${path}(\\?|$)`);
    await this.page.route(pattern, (route) => (json ? route.fulfill({ json }) : route.abort()));
    await look();
    await this.page.unroute(pattern);
  }
}

async function signIn(walk: Walk): Promise<void> {
  const { page, operator } = walk;
  const oidc = { issuer: 'https://login.example', client_id: 'panel', scopes: ['openid'] };
  await walk.answering('/session/config', { oidc }, async () => {
    await operator.visit();
    await walk.look('signing in, with an issuer', 'text=login.example');
  });
  await page.getByLabel('Principal token').fill('a-token-that-is-none-0123456789abcdef');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await walk.look('signing in, refused', '.fault:not(:empty)');
  await operator.visit();
  await walk.look('signing in', '#principal-token');
  await operator.signIn();
}

async function events(walk: Walk): Promise<void> {
  const { page, operator } = walk;
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
  await operator.shows('one of critical');
  await walk.look('events', '.row.event');
  for (const name of ['View', 'Any time', 'Module', 'Type', 'Export', 'Notifications', 'Theme']) {
    await page.getByRole('button', { name, exact: true }).first().click();
    await walk.look(`the menu ${name}`, '.menu:popover-open', '.menu:popover-open');
    await page.keyboard.press('Escape');
  }
  await press(/^Live/);
  await walk.look('the state of the stream', '.menu:popover-open', '.menu:popover-open');
  await page.keyboard.press('Escape');
  await page.getByLabel('Search events').fill('s');
  await walk.look('suggestions', '.suggestions [role=option]');
  await page.getByLabel('Search events').fill('');
  await page.keyboard.press('Control+k');
  await walk.look('command palette', 'dialog[open] [role=option]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.locator('.row.burst').filter({ hasText: 'similar 3' }).click();
  await walk.look('an opened group', '.row[data-in-burst]');
  // A list that had to be scrolled to the group holds already.
  if (await page.getByRole('button', { name: 'Resume' }).isVisible()) await press('Resume');
  await press('Pause');
  await stack.caller.publish(
    event({ severity: 'error', data: { summary: 'arrives while paused' } }),
  );
  await walk.look('a paused list', '.new-pill');
  await press('Resume');
  await operator.rows('one of critical').click();
  await walk.look('details', 'dialog.detail .text-block');
  await press('Close details');
  await walk.go('#/events?trace=order-1');
  await walk.look('a trace', '.trace tbody tr');
  await walk.go('#/events?is=module:test&not=severity:info&q=one&from=-1h');
  await walk.look('filters', '.chip');
  await walk.go('#/events?re=1&q=(');
  await walk.look('an invalid expression', '.fault:not(:empty)');
  await walk.go('#/events?re=1&q=a%2B');
  await walk.look('an expression that waits', '.fault.waiting');
  await walk.go('#/events?is=type:nothing');
  await walk.look('events, empty', 'text=No events that match');
  await walk.answering('/events', undefined, async () => {
    await walk.go('#/events?is=data.n:failed');
    await walk.look('events, failed', 'text=could not be loaded');
  });
}

async function overview(walk: Walk): Promise<void> {
  await walk.go('#/overview');
  await walk.look('overview', '.figure:last-child canvas');
  await walk.answering('/(summary|services|events|events/counts)', undefined, async () => {
    await walk.look('overview, stale', '.age.stale');
    await walk.go('#/streams');
    await walk.go('#/overview');
    await walk.look('overview, failed', '.age.stale');
  });
  const none = { info: 0, warn: 0, error: 0, critical: 0 };
  await walk.answering('/events/counts', { total: 0, severity: none, module: [] }, async () => {
    await walk.answering('/events', { events: [], next: null }, async () => {
      await walk.go('#/streams');
      await walk.go('#/overview');
      await walk.look('overview, empty', 'text=No alert is firing');
    });
  });
}

async function tables(walk: Walk): Promise<void> {
  const { page } = walk;
  const close = () => page.keyboard.press('Escape');
  await walk.go('#/streams');
  await walk.look('streams', 'tbody tr');
  await page
    .getByRole('button', { name: /^End this stream/ })
    .first()
    .click();
  await walk.look('ending a stream', 'dialog[open]', 'dialog[open]');
  await close();
  await page
    .getByRole('button', { name: /^Revoke the principal/ })
    .first()
    .click();
  await walk.look('revoking a principal', 'dialog[open]', 'dialog[open]');
  await close();
  await walk.answering('/streams', undefined, async () => {
    await walk.look('streams, stale', '.notice');
    await walk.go('#/audit');
    await walk.go('#/streams');
    await walk.look('streams, failed', 'text=could not be loaded');
  });
  await walk.answering('/streams', { streams: [], total: 0, silent_instances: 2 }, async () => {
    await walk.go('#/audit');
    await walk.go('#/streams');
    await walk.look('streams, empty', 'text=No stream is open');
  });
  await walk.go('#/principals');
  await walk.look('principals', 'tbody tr');
  await page.getByRole('button', { name: 'New principal…' }).click();
  await walk.look('a new principal', 'dialog[open]', 'dialog[open]');
  await close();
  await walk.answering('/principals', undefined, async () => {
    await walk.go('#/audit');
    await walk.go('#/principals');
    await walk.look('principals, failed', 'text=could not be loaded');
  });
  await walk.answering('/principals', { principals: [], next: null }, async () => {
    await walk.go('#/audit');
    await walk.go('#/principals');
    await walk.look('principals, empty', 'text=0 of 0');
  });
  await walk.go('#/audit');
  await walk.look('audit', 'tbody tr');
  await walk.answering('/audit', { entries: [], next: null }, async () => {
    await walk.go('#/streams');
    await walk.go('#/audit');
    await walk.look('audit, empty', 'text=No entry matches');
  });
  await walk.answering('/audit', undefined, async () => {
    await walk.go('#/streams');
    await walk.go('#/audit');
    await walk.look('audit, failed', 'text=could not be loaded');
  });
  await walk.go('#/runbooks');
  await walk.look('runbooks', '.prose h2');
}

/** The backend stands still: the header says so on every page, and the figures are old. */
async function frozen(walk: Walk): Promise<void> {
  await walk.go('#/overview');
  await walk.page.locator('.service').first().waitFor();
  await walk.operator.isLive();
  process.kill(stack.backend.pid, 'SIGSTOP');
  try {
    await walk.page.getByRole('button', { name: /^Stale/ }).waitFor();
    await walk.look('a frozen backend', '.age.stale');
  } finally {
    process.kill(stack.backend.pid, 'SIGCONT');
  }
  await walk.operator.isLive();
}

async function signOut(walk: Walk): Promise<void> {
  await walk.page.getByRole('button', { name: 'Sign out' }).click();
  await walk.look('signed out', '#principal-token');
}

const PROFILES: [string, BrowserContextOptions][] = [
  ['a desktop, light', { colorScheme: 'light', viewport: { width: 1440, height: 700 } }],
  ['a desktop, dark', { colorScheme: 'dark', viewport: { width: 1440, height: 700 } }],
  ['a phone, light', { colorScheme: 'light', ...PHONE }],
  ['a phone, dark', { colorScheme: 'dark', ...PHONE }],
];

it.each(PROFILES)('axe finds nothing above minor on any page or state: %s', async (_, options) => {
  const operator = await Operator.at(browser, stack.url, stack.caller.token, options);
  const rules = options.colorScheme === 'dark' ? COLOUR_RULES : undefined;
  const walk = new Walk(operator, rules, options.viewport?.width ?? 0);
  for (const part of [signIn, events, overview, tables, frozen, signOut]) await part(walk);
  expect(walk.findings).toEqual([]);
  expect(walk.seen.length).toBeGreaterThan(40);
  await operator.closeBrowser();
});

itLeaksNoToken();
