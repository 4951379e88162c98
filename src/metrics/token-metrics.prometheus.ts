import { Counter, Histogram } from 'prom-client';
import { TokenMetrics, type CredentialKind, type InvalidReason } from '../auth/token-metrics.js';
import { PREFIX, FAST_SECONDS } from './names.js';

export class PrometheusTokenMetrics extends TokenMetrics {
  private readonly issuedTotal = new Counter({
    name: `${PREFIX}ephemeral_tokens_issued_total`,
    help: 'Ephemeral tokens issued',
  });
  private readonly expiredTotal = new Counter({
    name: `${PREFIX}ephemeral_tokens_expired_total`,
    help: 'Ephemeral tokens that expired',
  });
  private readonly invalidTotal = new Counter({
    name: `${PREFIX}ephemeral_tokens_invalid_total`,
    help: 'Ephemeral tokens refused, by reason',
    labelNames: ['reason'],
  });
  private readonly reusedTotal = new Counter({
    name: `${PREFIX}ephemeral_tokens_reused_total`,
    help: 'Further uses of an ephemeral token by the client that used it first',
  });
  private readonly revokedTotal = new Counter({
    name: `${PREFIX}ephemeral_tokens_revoked_total`,
    help: 'Ephemeral tokens that were revoked before they expired',
  });
  private readonly validationsTotal = new Counter({
    name: `${PREFIX}token_validations_total`,
    help: 'Credentials checked for a stream, by kind and result',
    labelNames: ['credential', 'result'],
  });
  private readonly rateLimitedTotal = new Counter({
    name: `${PREFIX}rate_limited_total`,
    help: 'Requests refused because a principal or an address exceeded its rate',
  });
  private readonly refreshReusedTotal = new Counter({
    name: `${PREFIX}refresh_tokens_reused_total`,
    help: 'Refresh tokens presented again after they were replaced; each ends its session',
  });
  private readonly issuerKeyFailuresTotal = new Counter({
    name: `${PREFIX}issuer_key_failures_total`,
    help: 'Failed attempts to read the keys of the OIDC issuer',
  });
  private readonly issueDuration = new Histogram({
    name: `${PREFIX}token_issue_duration_seconds`,
    help: 'Seconds to issue a token, inside the process',
    buckets: FAST_SECONDS,
  });
  private readonly validationDuration = new Histogram({
    name: `${PREFIX}token_validation_duration_seconds`,
    help: 'Seconds to check the credential of a stream, inside the process',
    buckets: FAST_SECONDS,
  });

  constructor() {
    super();
    // Every series starts at 0: rates and alerts need a first value.
    for (const reason of ['malformed', 'unknown', 'expired', 'revoked', 'replayed']) {
      this.invalidTotal.inc({ reason }, 0);
    }
    for (const credential of ['ephemeral', 'principal']) {
      for (const result of ['valid', 'invalid'])
        this.validationsTotal.inc({ credential, result }, 0);
    }
  }

  issued(seconds: number): void {
    this.issuedTotal.inc();
    this.issueDuration.observe(seconds);
  }

  expired(count: number): void {
    this.expiredTotal.inc(count);
  }

  invalid(reason: InvalidReason): void {
    this.invalidTotal.inc({ reason });
  }

  reused(): void {
    this.reusedTotal.inc();
  }

  revoked(count: number): void {
    this.revokedTotal.inc(count);
  }

  validated(credential: CredentialKind, result: 'valid' | 'invalid', seconds: number): void {
    this.validationsTotal.inc({ credential, result });
    this.validationDuration.observe(seconds);
  }

  rateLimited(): void {
    this.rateLimitedTotal.inc();
  }

  refreshReused(): void {
    this.refreshReusedTotal.inc();
  }

  issuerKeysFailed(): void {
    this.issuerKeyFailuresTotal.inc();
  }
}
