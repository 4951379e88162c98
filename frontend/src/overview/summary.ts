/** One value a sample, oldest first; null where there was nothing to compute it from. */
export type Column = readonly (number | null)[];

/** The answer of `GET /operator/api/summary`. */
export interface Summary {
  /** Instances that the figures are the sum of. */
  readonly instances: number;
  readonly interval_sec: number;
  readonly window_sec: number;
  readonly smoothing_sec: number;
  /** Epoch seconds. */
  readonly at: readonly number[];
  readonly issued_per_sec: Column;
  readonly published_per_sec: Column;
  readonly deliveries_per_sec: Column;
  readonly active_tokens: Column;
  readonly streams: { readonly ephemeral: Column; readonly principal: Column };
  readonly adoption: Column;
  readonly validation_success: Column;
  /** How much was observed, behind shares and quantiles; an older server does not say. */
  readonly observations?: Readonly<
    Partial<Record<'opened' | 'validations' | 'issue' | 'open' | 'delivery', Column>>
  >;
  readonly latency_ms: Readonly<
    Record<
      'issue' | 'validation' | 'open' | 'delivery',
      { readonly p50: Column; readonly p99: Column }
    >
  >;
}
