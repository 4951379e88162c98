import type { CredentialKind } from '../../auth/token-metrics.js';

/** Open streams of this instance, for the gauges. Reading never waits and never fails. */
export abstract class StreamCounts {
  abstract get byCredential(): Readonly<Record<CredentialKind, number>>;
}
