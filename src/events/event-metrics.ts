import type { CredentialKind } from '../auth/token-metrics.js';
import type { EndReason } from './end-reason.js';

/** What the events room counts. Durations in seconds. Never throws. */
export abstract class EventMetrics {
  /** A stream was admitted. */
  abstract opened(credential: CredentialKind): void;
  /**
   * A stream wrote its first frame, so many seconds after it was admitted: by then its
   * audit entry is stored, and the log has been read.
   */
  abstract begun(seconds: number): void;
  abstract ended(reason: EndReason): void;
  /**
   * One shared write: the number of events, the number of sockets, and the age of
   * the oldest event when the last socket got it.
   */
  abstract delivered(events: number, sockets: number, oldestSeconds: number): void;
  abstract replayed(events: number): void;
  /** One stream was told that events are lost. */
  abstract gap(): void;
  abstract published(severity: string): void;
}
