/** A histogram's state: observations at or below each bound, since the start of the process. */
export interface Distribution {
  /** Upper bounds in seconds, growing; the last one is Infinity. */
  readonly bounds: readonly number[];
  /** Cumulative, one for each bound. */
  readonly counts: readonly number[];
}

export const LATENCIES = ['issue', 'validation', 'open', 'delivery'] as const;
export type Latency = (typeof LATENCIES)[number];

/** The metrics that the summary is computed from, read at one time. Counters only grow. */
export interface Reading {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Monotonic milliseconds; rates are measured on it. */
  readonly monotonic: number;
  readonly issued: number;
  readonly published: number;
  readonly delivered: number;
  /** Streams opened so far, by credential. */
  readonly opened: { readonly ephemeral: number; readonly principal: number };
  readonly validations: { readonly valid: number; readonly invalid: number };
  /** Tokens of this instance that have not expired. */
  readonly activeTokens: number;
  /** Streams open now, by credential. */
  readonly streams: { readonly ephemeral: number; readonly principal: number };
  readonly latencies: Readonly<Record<Latency, Distribution>>;
}

/** Reads the metrics that `/metrics` also shows, so that both agree. */
export abstract class SummarySource {
  abstract read(): Promise<Reading>;
}
