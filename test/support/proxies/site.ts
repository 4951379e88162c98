import type { CheckName } from '../../../src/cli/doctor/finding.js';

/** Where a proxy of a test sends requests, by what stands there. */
export interface Upstreams {
  /** A gateway that trusts the proxy. */
  readonly right: string;
  /** A gateway that trusts no proxy. */
  readonly distrusting: string;
  /** A gateway whose backend still takes principal tokens from URLs. */
  readonly fallback: string;
  /** operator-backend itself. */
  readonly backend: string;
}

/** One way to set up a proxy, right or with one mistake. */
export interface Site {
  readonly name: string;
  /** What the doctor must report, and nothing else; empty for a right set-up. */
  readonly mistakes: readonly CheckName[];
  readonly upstream?: keyof Upstreams;
  /** Default: TLS. */
  readonly plain?: true;
}
