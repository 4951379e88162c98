import {
  Inject,
  Injectable,
  Optional,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { hasContent } from '../http/message-rules.js';
import { ProblemError } from '../kernel/problem.js';
import { ACCESS, type Access } from './access.js';
import { verifyAgain, verifyPrincipal } from './credentials.js';
import { requireSameOrigin } from './identity/same-origin.js';
import type { Principal } from './principal.js';
import { Refusals } from './refusals.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Runs before every route, and refuses by default: a route is public, belongs to the
 * StreamGuard, is for the gateway alone, or needs a principal, with the scope if it names
 * one; a route that says nothing is refused.
 */
@Injectable()
export class PrincipalGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
    /** Absent in a process that keeps no audit trail. */
    @Optional() @Inject(Refusals) private readonly refusals?: Refusals,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind === 'public' || access?.kind === 'stream') return true;
    const req = context.switchToHttp().getRequest<Request>();
    if (access?.kind === 'gateway') {
      if (req.signedByGateway) return true;
      throw new ProblemError(
        'auth_required',
        'Only the gateway may read this: it signs its requests with the key of VX11_HOP_KEYS.',
      );
    }
    if (access?.kind === 'cookie') return this.fromThisOrigin(req);
    let actor: string | undefined;
    const admit = (principal: Principal) => {
      actor = principal.id;
      requireScope(principal, access);
      req.principal = principal;
      req.recordRefusal = (error) => this.record(req, error, principal.id);
      if (hasContent(req)) req.admitAgain = () => this.admitAgain(req, principal, access);
      const limiting = this.refusals?.limit(req, principal.id, access?.scope);
      return limiting ? limiting.then(() => true) : true;
    };
    try {
      const found = verifyPrincipal(this.verifier, req);
      const admitted = found instanceof Promise ? found.then(admit) : admit(found);
      if (!(admitted instanceof Promise)) return admitted;
      return admitted.catch((error: unknown) => this.refuse(req, error, actor));
    } catch (error) {
      return this.refuse(req, error, actor);
    }
  }

  private async admitAgain(
    req: Request,
    before: Principal,
    access: PrincipalAccess | undefined,
  ): Promise<void> {
    try {
      const principal = await verifyAgain(this.verifier, req, before);
      requireScope(principal, access);
      req.principal = principal;
    } catch (error) {
      await this.refuse(req, error, before.id);
    }
  }

  private fromThisOrigin(req: Request): true | Promise<never> {
    try {
      return requireSameOrigin(req);
    } catch (error) {
      return this.refuse(req, error, undefined);
    }
  }

  private async refuse(req: Request, error: unknown, actor: string | undefined): Promise<never> {
    await this.record(req, error, actor);
    throw error;
  }

  /** Once: what the route throws may be what was refused here. */
  private async record(req: Request, error: unknown, actor: string | undefined): Promise<void> {
    req.recordRefusal = undefined;
    await this.refusals?.refuse(req, error, actor);
  }
}

type PrincipalAccess = Extract<Access, { kind: 'principal' }>;

/** @param access absent: the route says nothing, and is refused */
function requireScope(principal: Principal, access: PrincipalAccess | undefined): void {
  if (!access) throw new ProblemError('insufficient_scope', 'No scope gives access to this.');
  if (access.scope === undefined || principal.scopes.has(access.scope)) return;
  throw new ProblemError('insufficient_scope', `This needs the scope ${access.scope}.`);
}
