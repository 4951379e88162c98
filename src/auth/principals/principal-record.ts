import { filterFaults, type FilterSpec } from '../../kernel/filter-spec.js';
import { SCOPES, type Scope } from '../principal.js';
import type { EntryKind } from '../replicas/replica.js';

/** A token of a managed principal, as its hash. */
export interface ManagedCredential {
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** End of its grace time, epoch milliseconds; absent: it is the current one. */
  readonly expiresAt?: number | undefined;
}

/** What an administrator created through the API. */
export interface ManagedPrincipal {
  readonly scopes: readonly Scope[];
  readonly filter?: FilterSpec | undefined;
  /** Ephemeral tokens per second; absent: the configured default. */
  readonly rateLimit?: number | undefined;
  readonly comment?: string | undefined;
  /** Id of the administrator that created it. */
  readonly createdBy: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When all its rights end, epoch milliseconds; absent: never. */
  readonly expiresAt?: number | undefined;
  readonly credentials: readonly ManagedCredential[];
}

/** What the administrators decided about one principal id. */
export interface PrincipalRecord {
  readonly id: string;
  /** When it was last changed, epoch milliseconds; grows with every change. */
  readonly at: number;
  /** No credential of this id is admitted. */
  readonly disabled: boolean;
  /** Absent: the principal comes from the configuration or from the issuer, or was deleted. */
  readonly managed?: ManagedPrincipal | undefined;
}

export const PRINCIPAL_RECORDS: EntryKind<PrincipalRecord> = {
  name: 'principals',
  context: 'principal',
  keyOf: ({ id }) => id,
  parse: parseRecord,
  // Every instance must apply the same rule; this one prefers the safer record.
  beats: (entry, other) =>
    entry.disabled === other.disabled
      ? JSON.stringify(entry) > JSON.stringify(other)
      : entry.disabled,
};

const HASH = /^[0-9a-f]{64}$/;

function parseRecord(value: unknown): PrincipalRecord | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { id, at, disabled, managed } = value as Record<string, unknown>;
  if (typeof id !== 'string' || id === '' || !isTime(at) || typeof disabled !== 'boolean') {
    return undefined;
  }
  if (managed === undefined) return { id, at, disabled };
  const parsed = parseManaged(managed);
  return parsed && { id, at, disabled, managed: parsed };
}

function parseManaged(value: unknown): ManagedPrincipal | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const one = value as Record<string, unknown>;
  const { scopes, filter, rateLimit, comment, createdBy, createdAt, expiresAt, credentials } = one;
  const isValid =
    Array.isArray(scopes) &&
    scopes.every((scope) => (SCOPES as readonly unknown[]).includes(scope)) &&
    (filter === undefined || filterFaults(filter).length === 0) &&
    (rateLimit === undefined || isTime(rateLimit)) &&
    (comment === undefined || typeof comment === 'string') &&
    typeof createdBy === 'string' &&
    isTime(createdAt) &&
    (expiresAt === undefined || isTime(expiresAt)) &&
    Array.isArray(credentials) &&
    credentials.every(isCredential);
  return isValid ? (value as ManagedPrincipal) : undefined;
}

function isCredential(value: unknown): value is ManagedCredential {
  if (value === null || typeof value !== 'object') return false;
  const { hash, createdAt, expiresAt } = value as Record<string, unknown>;
  return (
    typeof hash === 'string' &&
    HASH.test(hash) &&
    isTime(createdAt) &&
    (expiresAt === undefined || isTime(expiresAt))
  );
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
