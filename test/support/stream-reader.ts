import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { witness } from './secrets.js';

export interface Frame {
  /** Absent for events, which are unnamed. */
  readonly name: string | undefined;
  readonly id: string | undefined;
  // Whatever the test expects it to be.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** How a stream ended: `clean` is the end of the chunked body, anything else an error's code. */
export type End = 'clean' | (string & {});

/** A stream over a real socket, taken apart by a parser that is not ours. */
export class StreamReader {
  readonly frames: Frame[] = [];
  /** Milliseconds, as `retry:` said. */
  retry: number | undefined;
  raw = '';
  readonly ended: Promise<End>;
  private taken = 0;
  private readonly waiting = new Set<() => void>();
  private over: End | undefined;

  private constructor(
    private readonly res: IncomingMessage,
    where: string,
  ) {
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        this.frames.push({ name: event, id, data: JSON.parse(data) });
        this.wake();
      },
      onRetry: (ms) => {
        this.retry = ms;
      },
      onError: (error) => {
        throw error;
      },
    });
    res.setEncoding('utf8').on('data', (text: string) => {
      this.raw += text;
      if (res.statusCode === 200) parser.feed(text);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: End) => {
        if (this.over !== undefined) return;
        this.over = how;
        witness(`stream ${where}`, this.raw);
        this.wake();
        resolve(how);
      };
      res.once('end', () => end('clean'));
      res.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      res.once('close', () => end('closed'));
    });
  }

  /** Resolves when the head of the response has come, whatever its status. */
  static open(
    url: string,
    path: string,
    headers: Record<string, string> = {},
    agent: Agent | false = false,
  ): Promise<StreamReader> {
    return new Promise((resolve, reject) => {
      const req = request(`${url}${path}`, { agent, headers }, (res) => {
        witness(`headers of GET ${path}`, res.rawHeaders.join('\n'));
        resolve(new StreamReader(res, path));
      });
      req.once('error', reject);
      req.end();
    });
  }

  get status(): number {
    return this.res.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.res.headers;
  }

  /** The unnamed messages so far, which are the events. */
  get events(): Frame[] {
    return this.frames.filter(({ name }) => name === undefined);
  }

  /** The body of a refusal. */
  async refusal(): Promise<{ status: number; code: string }> {
    await this.ended;
    return { status: this.status, code: (JSON.parse(this.raw) as { code: string }).code };
  }

  /** The next frame that matches; what is passed over is not looked at again. */
  async next(what: string, matches: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      while (this.taken < this.frames.length) {
        const frame = this.frames[this.taken++] as Frame;
        if (matches(frame)) return frame;
      }
      if (this.over !== undefined) {
        throw new Error(`the stream ended (${this.over}) without ${what}; last: ${this.last()}`);
      }
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  named(name: string): Promise<Frame> {
    return this.next(`a frame named ${name}`, (frame) => frame.name === name);
  }

  ofType(type: string): Promise<Frame> {
    return this.next(
      `an event of type ${type}`,
      ({ name, data }) => name === undefined && (data as { type: string }).type === type,
    );
  }

  pause(): void {
    this.res.pause();
  }

  resume(): void {
    this.res.resume();
  }

  close(): Promise<End> {
    this.res.destroy();
    return this.ended;
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private last(): string {
    return JSON.stringify(this.frames.at(-1) ?? this.raw.slice(-200));
  }
}
