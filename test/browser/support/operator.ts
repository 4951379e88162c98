import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { witness } from '../../support/secrets.js';

/** Beginnings of what Chromium reports and what is no error of ours. */
const NO_FAULTS = [
  'Failed to load resource',
  // Without HTTPS.
  'The Cross-Origin-Opener-Policy header has been ignored',
];

const VIEWPORT = { width: 1440, height: 900 };

/** An operator at the panel, with a browser profile of their own. */
export class Operator {
  /** Errors of our scripts, and violated policies, that the browser reported. */
  private readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
    readonly token: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      witness('the console', message.text());
      // Many tests provoke a failed request; none provokes an error of our own.
      const isOurFault = !NO_FAULTS.some((start) => message.text().startsWith(start));
      if (message.type() === 'error' && isOurFault) this.complaints.push(message.text());
    });
    page.on('request', (request) => witness('a request', request.url()));
  }

  /** @param url of the gateway, or of a proxy in front of it */
  static async at(
    browser: Browser,
    url: string,
    token: string,
    options: BrowserContextOptions = {},
  ): Promise<Operator> {
    const context = await browser.newContext({
      viewport: VIEWPORT,
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    return new Operator(await context.newPage(), url, token);
  }

  /** Another tab of the same browser. */
  async newTab(): Promise<Operator> {
    return new Operator(await this.page.context().newPage(), this.url, this.token);
  }

  /**
   * Opens the panel at `hash`, and signs in. The page is loaded again, so that nothing is left
   * of a visit before; a page with its cache loads in a third of the time that a new one takes.
   */
  async open(hash = ''): Promise<void> {
    await this.visit(hash);
    await this.signIn();
  }

  async visit(hash = ''): Promise<void> {
    const response = await this.page.goto(`${this.url}/operator/ui/${hash}`);
    // A change of the hash alone does not load the page.
    if (response === null) await this.page.reload();
  }

  /** Resets the browser for the next test. @throws Error as `closeBrowser` */
  async reset(): Promise<void> {
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.clear('localStorage');
    await this.page.setViewportSize(VIEWPORT);
    await this.page.emulateMedia({ colorScheme: null });
    this.mustNotComplain();
  }

  /** As `reset`, and makes the browser forget its session and close its other tabs. */
  async forget(): Promise<void> {
    const context = this.page.context();
    for (const other of context.pages()) if (other !== this.page) await other.close();
    await this.reset();
    await this.clear('sessionStorage');
    await this.page.goto('about:blank');
    await context.clearCookies();
  }

  /** Signs in, unless the browser keeps a session already. */
  async signIn(): Promise<void> {
    const pages = this.page.getByRole('navigation', { name: 'Pages' });
    const field = this.page.getByLabel('Principal token');
    await pages.or(field).first().waitFor();
    if (await pages.isVisible()) return;
    await field.fill(this.token);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await pages.waitFor();
  }

  async isLive(): Promise<void> {
    await this.page.getByRole('button', { name: /^Live/ }).waitFor();
  }

  /** Lines of the list that show an event. */
  rows(text?: string | RegExp): Locator {
    const rows = this.page.locator('.row.event');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** The summaries on screen from the newest down, of lines that hold `text`. */
  summaries(text: string): Promise<string[]> {
    return this.rows(text).locator('.summary').allTextContents();
  }

  async shows(text: string | RegExp): Promise<void> {
    try {
      await this.rows(text).first().waitFor();
    } catch (error) {
      const shown = await this.page.locator('body').innerText();
      throw new Error(`${this.page.url()} shows instead:\n${shown}`, { cause: error });
    }
  }

  /** @throws Error when the browser reported an error since the last reset */
  async closeBrowser(): Promise<void> {
    await this.page.context().close();
    this.mustNotComplain();
  }

  private async clear(storage: 'localStorage' | 'sessionStorage'): Promise<void> {
    // An empty page has no storage.
    if (this.page.url().startsWith(this.url)) await this.page.evaluate(`${storage}.clear()`);
  }

  private mustNotComplain(): void {
    const complaints = this.complaints.splice(0);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  }
}

/** Waits until the element is visible. */
export async function expectSeen(locator: Locator): Promise<void> {
  await locator.first().waitFor();
  expect(await locator.count()).toBeGreaterThan(0);
}

/** Waits until the element is hidden. */
export async function expectGone(locator: Locator): Promise<void> {
  await locator.first().waitFor({ state: 'hidden' });
  expect(await locator.count()).toBe(0);
}
