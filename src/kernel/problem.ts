/**
 * Every error that a caller can receive: code → status and title. A test compares the
 * table with docs/reference/errors.md.
 */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not valid'],
  invalid_query: [400, 'The query is not valid'],
  invalid_event: [400, 'The event is not valid'],
  auth_required: [401, 'A credential is required'],
  invalid_token: [403, 'The token is not valid'],
  token_expired: [403, 'The token has expired'],
  token_replayed: [403, 'The token was used by another client'],
  refresh_reused: [403, 'The refresh token was used already'],
  cross_site_request: [403, 'The request came from another site'],
  insufficient_scope: [403, 'The credential does not allow this'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'The method is not allowed here'],
  not_acceptable: [406, 'No acceptable representation'],
  request_timeout: [408, 'The request did not arrive in time'],
  last_administrator: [409, 'This is the last administrator'],
  principal_exists: [409, 'The principal exists already'],
  principal_configured: [409, 'The principal is not managed here'],
  too_many_principals: [409, 'Too many principals'],
  too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The media type is not supported'],
  expectation_failed: [417, 'The expectation cannot be met'],
  header_too_large: [431, 'The request header is too large'],
  rate_limited: [429, 'Too many requests'],
  too_many_streams: [429, 'Too many streams'],
  too_many_filters: [429, 'Too many different filters'],
  too_many_connections: [429, 'Too many connections'],
  internal_error: [500, 'Something went wrong'],
  upstream_unreachable: [502, 'The service behind the gateway did not answer'],
  not_ready: [503, 'Not ready'],
  revocations_unknown: [503, 'The revoked principals are not known'],
  token_store_unavailable: [503, 'The token store is not available'],
  token_cache_full: [503, 'Too many live tokens'],
  issuer_unavailable: [503, 'The issuer of access tokens does not answer'],
  instances_unreachable: [503, 'Not every instance could be reached'],
  event_log_unavailable: [503, 'The event log is not available'],
  event_log_full: [503, 'The event log has no space left'],
  audit_unavailable: [503, 'The audit trail is not available'],
  draining: [503, 'The service is shutting down'],
  upstream_unavailable: [503, 'The service behind the gateway is not available'],
  operator_disabled: [503, 'The operator routes are switched off'],
  upstream_timeout: [504, 'The service behind the gateway took too long'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What is wrong with one field of the request. `field` is a JSON pointer or a name. */
export interface FieldError {
  field: string;
  message: string;
}

/** A limit with nothing left. `windowSec` is absent for things that are counted while they last. */
export interface ReachedLimit {
  readonly name: string;
  readonly quota: number;
  readonly windowSec?: number;
}

export interface ProblemOptions {
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfterSec?: number;
  /** The limit that was reached; sent as `RateLimit-Policy` and `RateLimit`. */
  limit?: ReachedLimit;
  errors?: FieldError[];
  cause?: unknown;
}

/**
 * An error that is sent to the caller. `detail` says what happened and what to do next,
 * and never contains a secret or an internal name.
 */
export class ProblemError extends Error {
  readonly status: number;
  readonly retryAfterSec: number | undefined;
  readonly errors: FieldError[] | undefined;
  readonly limit: ReachedLimit | undefined;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProblemError';
    this.status = PROBLEMS[code][0];
    this.retryAfterSec =
      options.retryAfterSec ?? (this.status === 429 || this.status === 503 ? 1 : undefined);
    this.errors = options.errors;
    this.limit = options.limit;
  }
}

/** Problem details, RFC 9457. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  correlation_id: string;
  errors?: FieldError[];
}

export function problemBody(
  error: ProblemError,
  where: { instance: string; correlationId: string },
): ProblemBody {
  return {
    type: `urn:vx11:problem:${error.code}`,
    title: PROBLEMS[error.code][1],
    status: error.status,
    detail: error.detail,
    instance: where.instance,
    code: error.code,
    correlation_id: where.correlationId,
    ...(error.errors ? { errors: error.errors } : {}),
  };
}
