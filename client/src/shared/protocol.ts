import type { Position } from '../position.js';
import type {
  ClientState,
  EventsClientOptions,
  Message,
  MessageType,
  OperatorEvent,
} from '../types.js';

export const MESSAGE_TYPES = [
  'event',
  'snapshot',
  'recovered',
  'gap',
  'goodbye',
  'malformed',
  'state',
] as const satisfies readonly MessageType[];

/** What of the options travels to another thread; the address is absolute. */
export type SharedStreamOptions = Pick<
  EventsClientOptions,
  'filter' | 'lastEventId' | 'transport' | 'heartbeatMs' | 'connectTimeoutMs' | 'pollMs'
> & { baseUrl: string };

/** From a tab to the hub that holds the stream. */
export type ToHub = { tab: string } & (
  | { kind: 'join'; group: string; options: SharedStreamOptions; after: Position | undefined }
  | { kind: 'leave' | 'wake' | 'connect' }
  /** Answers `token?`; without a token the tab has none to give. */
  | { kind: 'token'; call: number; token?: string }
);

/** From the hub to all tabs, or to the one that is named. */
export type ToTab =
  /** A hub is there: join it. */
  | { kind: 'hub' }
  | { kind: 'message'; message: Message }
  | {
      kind: 'welcome';
      tab: string;
      state: ClientState;
      /** What the tab has not seen of the recent past, in order. */
      events: OperatorEvent[];
      /** Not all of it could be had. */
      lost: boolean;
      /** The stream is past its beginning: there will be no `snapshot` or `recovered` of its own. */
      begun: boolean;
    }
  | { kind: 'token?'; tab: string; call: number };

/** The way between one tab and its hub. */
export interface Link {
  send(message: ToHub): void;
  close(): void;
}

export type OpenLink = (receive: (message: ToTab) => void) => Link;
