import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import type { Principal, Scope } from './principal.js';
import { StreamGuard, type StreamAccess } from './stream.guard.js';
import '../http/request.js';

export const ACCESS = Symbol('access');

/** How a route is entered. A route that says nothing is refused. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'principal'; readonly scope?: Scope }
  | { readonly kind: 'stream' };

/** No credential needed. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/** A principal with this scope. */
export const RequireScope = (scope: Scope) =>
  SetMetadata(ACCESS, { kind: 'principal', scope } satisfies Access);

/** Any principal, whatever its scopes. */
export const RequirePrincipal = () => SetMetadata(ACCESS, { kind: 'principal' } satisfies Access);

/** An ephemeral token, or where allowed a principal, with `events:read`. */
export const StreamCredential = () =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'stream' } satisfies Access), UseGuards(StreamGuard));

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
