import type { Position } from '../position.js';
import type { ClientState, EventsClientOptions, Message, MessageType } from '../types.js';

export const MESSAGE_TYPES = [
  'event',
  'snapshot',
  'recovered',
  'gap',
  'goodbye',
  'malformed',
  'state',
] as const satisfies readonly MessageType[];

/** The options that another thread receives; the address is absolute. */
export type SharedStreamOptions = Pick<
  EventsClientOptions,
  'filter' | 'lastEventId' | 'transport' | 'heartbeatMs' | 'connectTimeoutMs' | 'pollMs'
> & { baseUrl: string };

/** A message on its way to a tab. An event travels as its JSON, which no thread re-encodes. */
export type SharedMessage = Exclude<Message, { type: 'event' }> | { type: 'event'; value: string };

/** From a tab to the hub that holds the stream. */
export type ToHub = { tab: string } & (
  | { kind: 'join'; group: string; options: SharedStreamOptions; after: Position | undefined }
  | { kind: 'leave' | 'wake' | 'connect' }
  /** Answered with `here`. */
  | { kind: 'ping' }
  /** Answers `token?`; without `token` the tab has none. */
  | { kind: 'token'; call: number; token?: string }
);

/** From the hub to all tabs, or to the one that is named. */
export type ToTab =
  /** A hub is available: join it. */
  | { kind: 'hub' }
  /** The hub runs. It may take long to welcome a tab that has missed much. */
  | { kind: 'here' }
  | { kind: 'here'; tab: string }
  | { kind: 'message'; message: SharedMessage }
  | {
      kind: 'welcome';
      tab: string;
      state: ClientState;
      /** The JSON of the recent events that the tab has not seen, in order. */
      events: string[];
      /** Some of them could not be fetched. */
      lost: boolean;
      /** The stream has already delivered its `snapshot` or `recovered`; the tab will get none. */
      begun: boolean;
    }
  | { kind: 'token?'; tab: string; call: number };

/** The connection between one tab and its hub. */
export interface Link {
  send(message: ToHub): void;
  close(): void;
}

/** @param isLost the link before it was given up, because its hub said nothing any more */
export type OpenLink = (receive: (message: ToTab) => void, isLost: boolean) => Link;
