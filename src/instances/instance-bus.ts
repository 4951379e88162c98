import type { Observable } from 'rxjs';

export interface BusMessage {
  /** What it is about, as `tokens.revoked`; the room that sends it owns the word. */
  readonly topic: string;
  /** The instance that sent it. */
  readonly from: string;
  /** JSON. */
  readonly body: unknown;
}

/** What an instance says when it is asked; `undefined`: nothing. */
export type Answerer = (body: unknown) => object | undefined;

export interface Question {
  readonly topic: string;
  readonly body: object;
  /** How many answers are waited for. */
  readonly expected: number;
  /** Milliseconds after which those that came have to do. */
  readonly timeoutMs: number;
}

/**
 * What the instances of one system tell each other. Not for events, which have
 * their log, and not for secrets.
 *
 * - **Order**: every instance gets the messages in one order, its own included.
 * - **Delivery**: each message once, within milliseconds while `live`; what was
 *   sent while an instance was cut off follows when it is back. `missed` emits
 *   when that was too much, or the store lost some: ask again for what matters.
 * - **Failure**: `send` and `ask` reject with `BusUnavailable`; the message may
 *   have gone out all the same, so receivers must bear a second one.
 */
export abstract class InstanceBus {
  /** The name of this instance, new at each start. */
  abstract readonly self: string;

  /** There can be no other instance. */
  abstract readonly alone: boolean;

  abstract readonly messages: Observable<BusMessage>;

  abstract readonly missed: Observable<void>;

  /** False: messages may have been sent that have not come yet. */
  abstract readonly live: boolean;

  /** Gives up the way that messages come by for a new one: nothing seems to come through it. */
  abstract renew(): void;

  /** @throws BusUnavailable */
  abstract send(topic: string, body: object): Promise<void>;

  /**
   * Asks all other instances. Resolves to the answers that came, at the latest
   * after the time that the question allows.
   * @throws BusUnavailable
   */
  abstract ask(question: Question): Promise<readonly unknown[]>;

  /** From now on this instance answers when others ask about the topic. */
  abstract answer(topic: string, answerer: Answerer): void;
}

/** The other instances cannot be reached now. */
export class BusUnavailable extends Error {
  constructor(cause?: unknown) {
    super('the other instances cannot be reached now', { cause });
    this.name = 'BusUnavailable';
  }
}
