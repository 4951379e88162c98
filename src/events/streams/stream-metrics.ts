import type { CredentialKind } from '../../auth/token-metrics.js';
import type { GoodbyeReason } from './sse-frame.js';

/**
 * How a stream ended: by us, by the client, at the end of the history it asked
 * for, or because the log failed in the middle of its replay.
 */
export type EndReason = GoodbyeReason | 'client' | 'complete' | 'unavailable';

/** What the events room wants counted. Durations in seconds. */
export abstract class StreamMetrics {
  abstract opened(credential: CredentialKind, seconds: number): void;
  abstract ended(reason: EndReason): void;
  /** One shared write: how many frames reached how many sockets, and how old the oldest was at the last of them. */
  abstract delivered(frames: number, sockets: number, oldestSeconds: number): void;
  abstract replayed(events: number): void;
  abstract gap(): void;
  abstract published(severity: string): void;
}
