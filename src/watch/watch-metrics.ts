import type { SuspiciousPattern } from '../auth/security-events.js';

/** What the watch wants counted. */
export abstract class WatchMetrics {
  /** A pattern was found and reported, by this instance for all. */
  abstract suspicious(pattern: SuspiciousPattern): void;
}
