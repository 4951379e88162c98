import { Firefox } from '../browser/support/firefox.js';
import { eventually } from '../support/eventually.js';
import { launchChromium } from '../support/process/chromium.js';
import type { Line, Platform, Reader } from './reader.js';

const EVENT_SOURCE = 'EventSource';

export const chromium: Platform = {
  name: 'Chromium',
  needs: 'chromium',
  probe: 'command -v chromium',
  libraries: [EVENT_SOURCE],
  async prepare() {
    const browser = await launchChromium();
    return {
      async open(_library, url) {
        const page = await browser.newPage();
        await page.goto(pageOf(url));
        return BrowserReader.open(page, url);
      },
      close: () => browser.close(),
    };
  },
};

export const firefox: Platform = {
  name: 'Firefox',
  needs: 'firefox-esr',
  probe: 'command -v firefox-esr',
  libraries: [EVENT_SOURCE],
  async prepare() {
    const browser = await Firefox.launch();
    return {
      open: async (_library, url) => BrowserReader.open(await browser.open(pageOf(url)), url),
      close: () => browser.close(),
    };
  },
};

/** A page of the stream's own origin; this one runs no script. */
function pageOf(url: string): string {
  return new URL('/metrics', url).href;
}

interface Tab {
  evaluate<T>(expression: string): Promise<T>;
}

class BrowserReader implements Reader {
  readonly errors: string[] = [];
  private readonly taken: Line[] = [];

  private constructor(private readonly tab: Tab) {}

  static async open(tab: Tab, url: string): Promise<BrowserReader> {
    await tab.evaluate(`(${listen})(${JSON.stringify(url)})`);
    return new BrowserReader(tab);
  }

  async lines(): Promise<readonly Line[]> {
    this.taken.push(...(await this.tab.evaluate<Line[]>('reader.lines.splice(0)')));
    this.errors.push(...(await this.tab.evaluate<string[]>('reader.errors.splice(0)')));
    return this.taken;
  }

  async stopped(): Promise<void> {
    const isClosed = 'reader.source.readyState === EventSource.CLOSED';
    await eventually(() => this.tab.evaluate<boolean>(isClosed), Boolean);
    await this.lines();
  }

  async close(): Promise<void> {
    await this.tab.evaluate('reader.source.close()');
  }
}

/** Runs in the page, so it may use nothing from this file. */
const listen = `(url) => {
  const source = new EventSource(url);
  const reader = { source, lines: [], errors: [] };
  const take = ({ type, lastEventId, data }) => {
    reader.lines.push({ event: type, id: lastEventId, data });
    // Without this the browser comes back.
    if (type === 'goodbye') source.close();
  };
  for (const type of ['message', 'snapshot', 'recovered', 'gap', 'goodbye']) {
    source.addEventListener(type, take);
  }
  source.onerror = () => reader.errors.push('readyState ' + source.readyState);
  window.reader = reader;
}`;
