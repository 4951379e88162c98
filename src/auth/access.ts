import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import type { Principal, Scope } from './principal.js';
import { StreamGuard, type StreamAccess } from './stream.guard.js';
import '../http/request.js';

export const ACCESS = Symbol('access');

/** Which credential opens a route. A route without such a decorator refuses every request. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'principal'; readonly scope?: Scope }
  | { readonly kind: 'stream' }
  | { readonly kind: 'cookie' }
  | { readonly kind: 'gateway' };

const PRINCIPAL_SECURITY = [ApiSecurity('bearer'), ApiSecurity('X-VX11-Token')];

/*
 * Each decorator also adds to the route's OpenAPI description which credentials it takes and
 * which problems it answers.
 */

/** No credential needed. */
export const Public = () =>
  applyDecorators(entry({ kind: 'public' }), ApiSecurity({}) as MethodDecorator);

/** A principal with this scope. */
export const RequireScope = (scope: Scope) =>
  applyDecorators(
    entry({ kind: 'principal', scope }),
    ...PRINCIPAL_SECURITY,
    ApiProblems('auth_required', 'invalid_token', 'insufficient_scope', 'rate_limited'),
  );

/** Any principal, whatever its scopes. */
export const RequirePrincipal = () =>
  applyDecorators(
    entry({ kind: 'principal' }),
    ...PRINCIPAL_SECURITY,
    ApiProblems('auth_required', 'invalid_token', 'rate_limited'),
  );

/** The cookie of a session, from a page of this very origin; the route reads the cookie itself. */
export const SessionCookie = () =>
  applyDecorators(
    entry({ kind: 'cookie' }),
    ApiSecurity('session'),
    ApiProblems('auth_required', 'invalid_token', 'cross_site_request'),
  );

/** The gateway alone, which signs its requests with VX11_HOP_KEYS. */
export const GatewayOnly = () => SetMetadata(ACCESS, { kind: 'gateway' } satisfies Access);

/** An ephemeral token, or where allowed a principal, with `events:read`. */
export const StreamCredential = () =>
  applyDecorators(
    entry({ kind: 'stream' }),
    UseGuards(StreamGuard),
    ...PRINCIPAL_SECURITY,
    ApiSecurity('token'),
    ApiProblems(
      'auth_required',
      'invalid_token',
      'token_expired',
      'token_replayed',
      'insufficient_scope',
      'rate_limited',
      'token_store_unavailable',
    ),
  );

function entry(access: Access): MethodDecorator {
  return SetMetadata(ACCESS, access);
}

declare global {
  namespace Express {
    interface Request {
      /** Set by PrincipalGuard. */
      principal?: Principal;
      /** Set by StreamGuard. */
      streamAccess?: StreamAccess;
    }
  }
}
