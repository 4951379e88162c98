import type { Observable } from 'rxjs';

export interface BusMessage {
  /** For example `tokens.revoked`. The room that sends a topic defines it. */
  readonly topic: string;
  /** The instance that sent it. */
  readonly from: string;
  /** JSON. */
  readonly body: unknown;
}

/** Returns the answer to a question; `undefined` for none. */
export type Answerer = (body: unknown) => object | undefined;

export interface Question {
  readonly topic: string;
  readonly body: object;
  /** Number of answers to wait for. */
  readonly expected: number;
  /** Longest wait, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Broadcasts among the instances of one system. Not for events, which have their log, and
 * not for secrets.
 *
 * - **Order**: all instances receive all messages in the same order, their own included.
 * - **Delivery**: each message once, within milliseconds while `live`. An instance that was
 *   disconnected receives what it missed when it reconnects. `missed` emits when some of it
 *   is gone: request again whatever must be complete.
 * - **Failure**: `send` and `ask` reject with `BusUnavailable`. The message may have been
 *   sent nevertheless, so a receiver must accept repeated messages.
 */
export abstract class InstanceBus {
  /** Name of this instance; a new one at each start. */
  abstract readonly self: string;

  /** There can be no other instance. */
  abstract readonly alone: boolean;

  abstract readonly messages: Observable<BusMessage>;

  abstract readonly missed: Observable<void>;

  /** False while messages may be delayed: the connection is interrupted. */
  abstract readonly live: boolean;

  /** Replaces the connection that messages arrive on, because it seems to deliver nothing. */
  abstract renew(): void;

  /** @throws BusUnavailable */
  abstract send(topic: string, body: object): Promise<void>;

  /**
   * Sends a question to all other instances. Resolves to the answers that arrived, at the
   * latest after the question's timeout.
   * @throws BusUnavailable
   */
  abstract ask(question: Question): Promise<readonly unknown[]>;

  /** Registers what answers the questions of other instances about a topic. */
  abstract answer(topic: string, answerer: Answerer): void;

  /**
   * Calls `receive` for each message of a topic. A message that it throws at is skipped: another
   * version may have sent it, or the store may have damaged it, and every instance receives it.
   */
  on(topic: string, receive: (body: unknown, from: string) => void): void {
    this.messages.subscribe((message) => {
      if (message.topic !== topic) return;
      try {
        receive(message.body, message.from);
      } catch (err) {
        this.unreadable(topic, err);
      }
    });
  }

  /** A message cannot be read. One of this process is a fault of it. */
  protected unreadable(_topic: string, err: unknown): void {
    throw err;
  }
}

/** The other instances cannot be reached now. */
export class BusUnavailable extends Error {
  constructor(cause?: unknown) {
    super('the other instances cannot be reached now', { cause });
    this.name = 'BusUnavailable';
  }
}
