/** Metrics port of the token cache. */
export abstract class TokenCacheMetrics {
  /** A use that the layer in this instance's memory decided. */
  abstract localHit(): void;
  /** A use that the shared store had to decide. */
  abstract localMiss(): void;
}
