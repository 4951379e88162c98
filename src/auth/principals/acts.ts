import type { Request } from 'express';
import { ProblemError } from '../../kernel/problem.js';
import type { Principal } from '../principal.js';
import { CONFIRM_LAST } from './administered-principals.js';
import type { AdministrativeAct } from './principal-administration.js';

export function actOf(principalId: string, req: Request): AdministrativeAct {
  const { correlationId, ip: address } = req;
  return { principalId, by: req.principal as Principal, address, correlationId };
}

/**
 * The query parameter `confirm`.
 * @throws ProblemError invalid_query for another value: a typing error must not look like a
 *   confirmation that was not needed
 */
export function confirmOf(confirm: unknown): string | undefined {
  if (confirm === undefined || confirm === CONFIRM_LAST) return confirm;
  throw new ProblemError('invalid_query', `confirm may only be ${CONFIRM_LAST}, once.`);
}
