import type { Request } from 'express';
import { areLookupsKnown, redactUrl } from '../kernel/redaction.js';
import './request.js';

/** Characters that are shown of an id that may be a token. */
const SHOWN = 8;

/**
 * The correlation id as log lines and spans show it. A client may send an ephemeral token
 * as its correlation id. operator-backend knows the tokens and replaces such an id. Another
 * process shows only the beginning of a UUID, which is enough to find a request by, unless
 * operator-backend has answered with it.
 */
export function loggedId({ correlationId, isIdChecked }: Request): string {
  if (isIdChecked === true || areLookupsKnown()) return correlationId;
  const holdsUuid = redactUrl(correlationId) !== correlationId;
  return holdsUuid ? `${correlationId.slice(0, SHOWN)}***` : correlationId;
}
