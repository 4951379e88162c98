/** What the room wants counted of the canaries that prove delivery. */
export abstract class CanaryMetrics {
  /** One came back after so many seconds; `undefined`: it did not come back in time. */
  abstract returned(seconds: number | undefined): void;
}
