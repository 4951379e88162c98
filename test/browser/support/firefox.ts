import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { Child } from '../../support/process/child.ts';
import { witness } from '../../support/secrets.js';

/**
 * Firefox as Debian has it, driven by the protocol that it supports without an extension,
 * WebDriver BiDi (https://w3c.github.io/webdriver-bidi). Playwright speaks it as
 * well, but with commands that this Firefox does not know yet.
 */
export class Firefox {
  /** Errors on its console. */
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private sent = 0;

  private constructor(
    private readonly process: Child,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => this.take(JSON.parse(String(data)) as Answer);
    socket.onclose = () => {
      for (const resolve of this.waiting.values()) resolve({ message: 'Firefox is gone' });
    };
  }

  static async launch(): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'vx11-firefox-'));
    writeFileSync(join(profile, 'user.js'), PREFERENCES);
    const options = ['--headless', '--no-remote', '--remote-debugging-port', '0'];
    const child = new Child({
      name: 'Firefox',
      command: 'firefox-esr',
      args: [...options, '--profile', profile, 'about:blank'],
      env: { HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
    });
    const [, address] = await child.line(/WebDriver BiDi listening on (ws:\S+)/);
    const socket = new WebSocket(`${address}/session`);
    await once(socket, 'open');
    const firefox = new Firefox(child, profile, socket);
    await firefox.command('session.new', { capabilities: {} });
    await firefox.command('session.subscribe', {
      events: ['log.entryAdded', 'network.beforeRequestSent'],
    });
    return firefox;
  }

  /** A new tab that shows this address, loaded. */
  async open(url: string): Promise<FirefoxTab> {
    const { context } = await this.command('browsingContext.create', { type: 'tab' });
    await this.command('browsingContext.navigate', { context, url, wait: 'complete' });
    return new FirefoxTab(this, String(context));
  }

  /** @throws Error with the browser's words */
  async command(method: string, params: object): Promise<Record<string, unknown>> {
    const id = (this.sent += 1);
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    if (!answer.result) throw new Error(`${method}: ${answer.message}`);
    return answer.result;
  }

  async close(): Promise<void> {
    await this.process.end('SIGKILL');
    // Its helper processes follow it, and may still write while they do.
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private take(answer: Answer): void {
    if (answer.method === 'log.entryAdded') {
      const { level, text } = answer.params as { level: string; text: string };
      witness('the console', text);
      if (level === 'error') this.complaints.push(text);
    } else if (answer.method === 'network.beforeRequestSent') {
      witness('a request', (answer.params as { request: { url: string } }).request.url);
    } else if (answer.id !== undefined) {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    }
  }
}

export class FirefoxTab {
  constructor(
    private readonly firefox: Firefox,
    private readonly context: string,
  ) {}

  /** The value of an expression in the page, as JSON can carry it. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.firefox.command('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error((exceptionDetails as { text: string }).text);
    return JSON.parse((result as { value: string }).value ?? 'null') as T;
  }

  /** Waits until an expression in the page is true. */
  async until(expression: string): Promise<void> {
    const isMet = await eventually(() => this.evaluate<boolean>(`!!(${expression})`), Boolean);
    if (!isMet) throw new Error(`never true: ${expression}`);
  }

  /** Presses the keys of this text, one after the other. */
  async type(text: string): Promise<void> {
    const actions = Array.from(text).flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.firefox.command('input.performActions', {
      context: this.context,
      actions: [{ type: 'key', id: 'keyboard', actions }],
    });
  }
}

/** The key Enter (WebDriver, "Keyboard actions"). */
export const ENTER = '\uE007';

interface Answer {
  id?: number;
  method?: string;
  params?: object;
  result?: Record<string, unknown>;
  message?: string;
}

/** No connections of its own; the remote agent switches off most of the others. */
const PREFERENCES = Object.entries({
  'services.settings.server': 'data:,#',
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
})
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  .join('');
