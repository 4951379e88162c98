/** Why the server ends a stream: the `reason` of `goodbye`, and a label of the metric. */
export const GOODBYE_REASONS = [
  'draining',
  'max_age',
  'expired',
  'revoked',
  'slow_consumer',
  'admin',
] as const;
export type GoodbyeReason = (typeof GOODBYE_REASONS)[number];

/**
 * Why a stream ended: the server's reason, `client` (the client left), `complete`
 * (`follow=false` and the history is sent), or `unavailable` (the log failed during
 * the replay).
 */
export const END_REASONS = [...GOODBYE_REASONS, 'client', 'complete', 'unavailable'] as const;
export type EndReason = (typeof END_REASONS)[number];
