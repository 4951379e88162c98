export type CredentialKind = 'ephemeral' | 'principal';

/** Why a presented ephemeral token was refused; also the metric's label. */
export type InvalidReason = 'malformed' | 'unknown' | 'expired' | 'revoked' | 'replayed';

/** Metrics of tokens and credentials. Durations in seconds. */
export abstract class TokenMetrics {
  abstract issued(seconds: number): void;
  abstract expired(count: number): void;
  abstract invalid(reason: InvalidReason): void;
  abstract reused(): void;
  abstract revoked(count: number): void;
  abstract validated(
    credential: CredentialKind,
    result: 'valid' | 'invalid',
    seconds: number,
  ): void;
  abstract rateLimited(): void;
  /** A refresh token that had been replaced was presented. */
  abstract refreshReused(): void;
  /** The keys of the issuer could not be read. */
  abstract issuerKeysFailed(): void;
}
