/** One value for each sample, oldest first; null where the sample had no observations. */
export type Column = readonly (number | null)[];

/** The answer of `GET /operator/api/summary`. */
export interface Summary {
  /** Number of instances that the figures sum up. */
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
  /** Numbers of observations behind shares and quantiles; absent from older servers. */
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
