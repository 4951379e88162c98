import type { CredentialKind } from '../../auth/token-metrics.js';

/** Open streams of this instance, for the gauges. Reading is synchronous and never throws. */
export abstract class StreamCounts {
  abstract get byCredential(): Readonly<Record<CredentialKind, number>>;
}
