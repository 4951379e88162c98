import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';

/** How long one answer may take, milliseconds. */
const ANSWER_MS = 30_000;

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address to connect from. */
  readonly from?: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A response whose body goes on. */
export class OpenReply {
  /** What has arrived of the body. */
  text = '';
  /** Milliseconds from the opening to the end; undefined while it goes on. */
  endedAfter: number | undefined;
  /** The address that this machine used. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  private readonly openedAt = performance.now();
  private readonly waiting = new Set<() => void>();

  constructor(private readonly response: IncomingMessage) {
    this.localAddress = response.socket.localAddress ?? '';
    this.remoteAddress = response.socket.remoteAddress ?? '';
    const end = () => {
      this.endedAfter ??= performance.now() - this.openedAt;
      this.wake();
    };
    // The doctor looks for cut connections, so an error counts as an end.
    response.on('error', end).on('close', end);
    response.setEncoding('utf8').on('data', (part: string) => {
      this.text += part;
      this.wake();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** Whether the text arrives before the stream ends and before `ms` have passed. */
  async holds(text: string, ms: number): Promise<boolean> {
    await this.until(() => this.text.includes(text), ms);
    return this.text.includes(text);
  }

  /** Resolves when the body has ended, or after `ms`. */
  ended(ms: number): Promise<void> {
    return this.until(() => false, ms);
  }

  close(): void {
    this.response.destroy();
  }

  private async until(isThere: () => boolean, ms: number): Promise<void> {
    const late = performance.now() + ms;
    while (!isThere() && this.endedAfter === undefined) {
      const left = late - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left);
        const { waiting } = this;
        waiting.add(done);
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
      });
    }
  }

  private wake(): void {
    for (const done of this.waiting) done();
  }
}

/** One address of the system. Each request has a connection of its own, in HTTP/1.1. */
export class Probe {
  readonly url: URL;

  /** @param ca certificates to believe besides the machine's own, PEM */
  constructor(
    url: string,
    readonly ca?: string,
  ) {
    this.url = new URL(url);
  }

  get isSecure(): boolean {
    return this.url.protocol === 'https:';
  }

  /** Without the brackets of an IPv6 address. */
  get host(): string {
    return this.url.hostname.replace(/^\[|\]$/g, '');
  }

  get port(): number {
    return Number(this.url.port || (this.isSecure ? 443 : 80));
  }

  get isLoopback(): boolean {
    const { host } = this;
    return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  }

  /** @throws Error with a code when there is no answer in time */
  async ask(path: string, asking: Asking = {}): Promise<Reply> {
    const reply = await this.open(path, asking);
    await reply.ended(ANSWER_MS);
    const { status, headers, text, endedAfter } = reply;
    reply.close();
    if (endedAfter === undefined) throw new Error(`the answer of ${path} does not end`);
    return { status, headers, text };
  }

  /**
   * Resolves when the head of the response is there.
   * @param ms how long that may take
   * @throws Error with a code when there is no answer in time
   */
  open(
    path: string,
    { method = 'GET', headers = {}, body, from }: Asking = {},
    ms: number = ANSWER_MS,
  ): Promise<OpenReply> {
    const base = this.url.pathname.replace(/\/$/, '');
    const request = this.isSecure ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: this.host,
          port: this.port,
          method,
          path: base + path,
          agent: false,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          },
          ...(from === undefined ? {} : { localAddress: from }),
          ...(this.ca === undefined ? {} : { ca: this.ca }),
          ...(isIP(this.host) === 0 ? { servername: this.host } : {}),
        },
        (response) => {
          clearTimeout(late);
          resolve(new OpenReply(response));
        },
      );
      const late = setTimeout(
        () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
        ms,
      );
      sent.on('error', (error) => {
        clearTimeout(late);
        reject(error);
      });
      sent.end(body);
    });
  }
}
