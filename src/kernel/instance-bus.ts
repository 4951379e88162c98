import type { Observable } from 'rxjs';

export interface BusMessage {
  /** What it is about, as `tokens.revoked`; the room that sends it owns the word. */
  readonly topic: string;
  /** The instance that sent it. */
  readonly from: string;
  /** JSON. */
  readonly body: unknown;
}

/**
 * What the instances of one system tell each other. Not for events, which have
 * their log, and not for secrets.
 *
 * - **Order**: every instance gets the messages in one order, its own included.
 * - **Delivery**: each message once, within milliseconds while `live`; what was
 *   sent while an instance was cut off follows when it is back. `missed` emits
 *   when that was too much, or the store lost some: ask again for what matters.
 * - **Failure**: `send` rejects with `BusUnavailable`; the message may have gone
 *   out all the same, so receivers must bear a second one.
 */
export abstract class InstanceBus {
  /** The name of this instance, new at each start. */
  abstract readonly self: string;

  abstract readonly messages: Observable<BusMessage>;

  abstract readonly missed: Observable<void>;

  /** False: messages may have been sent that have not come yet. */
  abstract readonly live: boolean;

  /** @throws BusUnavailable */
  abstract send(topic: string, body: object): Promise<void>;
}

/** The other instances cannot be reached now. */
export class BusUnavailable extends Error {
  constructor(cause?: unknown) {
    super('the other instances cannot be reached now', { cause });
    this.name = 'BusUnavailable';
  }
}
