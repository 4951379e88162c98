/** Metrics of the canary messages that prove delivery. */
export abstract class CanaryMetrics {
  /** A canary came back after this many seconds; `undefined`: it did not come back in time. */
  abstract returned(seconds: number | undefined): void;
}
