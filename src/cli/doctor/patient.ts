import { randomUUID } from 'node:crypto';
import { refusal } from '../api.js';
import type { CommandError } from '../errors.js';
import type { Asking, OpenReply, Probe, Reply } from './probe.js';

const API = '/operator/api';
/**
 * An answer that takes this many times longer than the slowest plain answer is held back,
 * however slow the network.
 */
const TIMES_SLOWER = 10;

export interface Patience {
  /**
   * Longest time for something that should arrive at once, milliseconds; more where every
   * answer is slow.
   */
  readonly answerMs: number;
  /** How long a silent stream is watched, milliseconds. */
  readonly watchMs: number;
}

/** The head of a stream did not come in time: something in between holds it back. */
export class NoStream extends Error {}

/** The system itself, whatever stands before it, issues no token: no stream can be opened. */
export class NoToken extends Error {
  constructor(readonly refusal: CommandError) {
    super(refusal.message);
  }
}

/** The system as the doctor's checks see it. */
export class Patient {
  private slowestMs = 0;

  constructor(
    readonly front: Probe,
    private readonly token: string,
    private readonly patience: Patience,
  ) {}

  get answerMs(): number {
    return Math.max(this.patience.answerMs, TIMES_SLOWER * this.slowestMs);
  }

  get watchMs(): number {
    return this.patience.watchMs;
  }

  /** A request under /operator/api with the principal token, in a header. */
  async api(path: string, asking: Asking = {}): Promise<Reply> {
    const startedAt = performance.now();
    const reply = await this.front.ask(API + path, {
      ...asking,
      headers: { 'X-VX11-Token': this.token, ...asking.headers },
    });
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    return reply;
  }

  /** Publishes an event that holds the mark; false when the principal may not. */
  async publish(type: string, mark: string): Promise<boolean> {
    const { status, text } = await this.api('/events', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        event_type: type,
        module: 'vx11-cli',
        severity: 'info',
        summary: 'Sent by vx11 doctor',
        payload: { mark },
      }),
    });
    if (status === 403) return false;
    if (status !== 202) throw new Error(`publishing answers HTTP ${status}: ${text.slice(0, 200)}`);
    return true;
  }

  /**
   * Opens a stream of one event type with a new ephemeral token.
   * @param asking.headers sent in addition
   * @throws NoToken, NoStream when its head does not come, Error when it is refused
   */
  async stream(type: string, asking: Asking = {}): Promise<OpenReply> {
    const issued = await this.api('/events/sse-token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ filter: { type: [type] } }),
    });
    if (issued.status !== 200) throw new NoToken(refusal(issued.status, issued.text));
    const { sse_token: token } = JSON.parse(issued.text) as { sse_token: string };
    const opening = this.front.open(
      `${API}/events/stream?token=${token}`,
      {
        ...asking,
        headers: {
          Accept: 'text/event-stream',
          'User-Agent': `vx11-doctor/${randomUUID()}`,
          ...asking.headers,
        },
      },
      this.answerMs,
    );
    const stream = await opening.catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ETIMEDOUT' ? new NoStream() : error;
    });
    if (stream.status !== 200) {
      stream.close();
      throw new Error(`opening a stream answers HTTP ${stream.status}`);
    }
    return stream;
  }
}
