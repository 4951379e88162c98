import { redactText } from '../kernel/redaction.js';
import { actionDoc } from './actions.js';
import { storedAddress, type AddressForm } from './address-form.js';
import type { AuditEntry } from './audit-trail.js';
import type { AuditKey } from './audit-key.js';
import type { ChainedEntry, Draft } from './chain.js';

/** Characters of one text in an entry. */
const LONGEST = 256;
/** Ids that this product makes itself, which hold no credential. */
const OWN_ID = /^[a-z]_[\w-]{16}$/;

/** The draft of an entry: bounded, without credentials, with the address in the configured form. */
export function draftOf(
  entry: AuditEntry,
  now: number,
  { form, key }: { form: AddressForm; key: AuditKey },
): Draft {
  const { action, actor, subject, owner, reason, address, correlationId, amount, detail } = entry;
  // Members that are undefined are in no JSON.
  return {
    action,
    result: actionDoc(action).result,
    time: isoTime(now),
    actor: bounded(actor),
    subject: bounded(subject),
    owner: bounded(owner),
    reason: bounded(reason),
    address: address ? storedAddress(address, form, key) : undefined,
    correlation_id: text(correlationId),
    amount,
    detail: detail && textsOf(detail),
  };
}

/** The draft of a linked entry, for another place in a chain. */
export function unlinked(entry: ChainedEntry): Draft {
  const { v: _v, chain: _chain, seq: _seq, prev: _prev, ...draft } = entry;
  return draft;
}

let latestMs = NaN;
let latestTime = '';

/** Thousands of entries have the same millisecond. */
function isoTime(ms: number): string {
  if (ms !== latestMs) {
    latestTime = new Date(ms).toISOString();
    latestMs = ms;
  }
  return latestTime;
}

/** Some texts come from clients: a correlation id may hold a token. */
function text(value: string | undefined): string | undefined {
  if (value === undefined || OWN_ID.test(value)) return value;
  return redactText(value.toWellFormed()).slice(0, LONGEST);
}

function bounded(value: string | undefined): string | undefined {
  if (value === undefined || (value.length <= LONGEST && value.isWellFormed())) return value;
  return value.toWellFormed().slice(0, LONGEST);
}

function textsOf(detail: NonNullable<AuditEntry['detail']>): Record<string, unknown> {
  const texts: Record<string, unknown> = {};
  for (const name of Object.keys(detail)) {
    const value = detail[name];
    texts[name] = typeof value === 'string' ? text(value) : value;
  }
  return texts;
}
