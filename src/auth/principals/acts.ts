import type { Request } from 'express';
import type { Principal } from '../principal.js';
import type { AdministrativeAct } from './principal-administration.js';

export function actOf(principalId: string, req: Request): AdministrativeAct {
  return { principalId, by: req.principal as Principal, correlationId: req.correlationId };
}

/** A repeated parameter confirms nothing. */
export function confirmOf(confirm: unknown): string | undefined {
  return typeof confirm === 'string' ? confirm : undefined;
}
