/**
 * The other pages of the panel, its themes, its size and its accessibility.
 * @needs chromium
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ask } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { COLOUR_RULES, findingsOn } from './support/axe.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import { browser, operator, publishEach, stack } from './support/panel.js';

beforeAll(publishEach);

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
