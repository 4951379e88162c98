import type { Request } from 'express';
import type { Scope } from './principal.js';

/** Where a gateway reports a token that it has refused; not routed by the gateway. */
export const REFUSALS_PATH = 'internal/refusals';

/** What a process does about requests that a guard refuses, and about those that it admits. */
export abstract class Refusals {
  /** @throws ProblemError rate_limited */
  abstract limit(
    req: Request,
    principalId: string,
    scope: Scope | undefined,
  ): Promise<void> | undefined;

  /**
   * Records the refusal before it is answered, and counts a wrong token.
   * @param actor the principal, when its token is valid and its rights do not suffice
   * @throws ProblemError rate_limited
   */
  abstract refuse(req: Request, error: unknown, actor: string | undefined): Promise<void>;
}
