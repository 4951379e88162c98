import type { EntryKind } from './replicas/replica.js';

/** The last decision about one credential. */
export interface Revocation {
  /** SHA-256 of the credential, hex; for a principal of the issuer `issuedCredentialHash`. */
  readonly credentialHash: string;
  readonly principalId: string;
  /** `false`: it was revoked once and has been restored since. */
  readonly revoked: boolean;
  /** When it was decided, epoch milliseconds; grows with every decision about the credential. */
  readonly at: number;
}

/** Of two decisions in one millisecond the revocation wins. */
export const REVOCATIONS: EntryKind<Revocation> = {
  name: 'revocations',
  context: 'revocation',
  keyOf: ({ credentialHash }) => credentialHash,
  parse: parseRevocation,
  beats: (entry, other) => entry.revoked && !other.revoked,
};

const HASH = /^(?:issued-)?[0-9a-f]{64}$/;

function parseRevocation(value: unknown): Revocation | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { credentialHash, principalId, revoked, at } = value as Record<string, unknown>;
  return typeof credentialHash === 'string' &&
    HASH.test(credentialHash) &&
    typeof principalId === 'string' &&
    typeof revoked === 'boolean' &&
    typeof at === 'number' &&
    Number.isSafeInteger(at) &&
    at >= 0
    ? { credentialHash, principalId, revoked, at }
    : undefined;
}

/** The first format of the file was an object, credential hash → principal id; it knew no restores. */
export function fromFirstFormat(content: unknown): unknown {
  if (Array.isArray(content)) return content;
  return Object.entries(Object(content) as Record<string, unknown>).map(
    ([credentialHash, principalId]) => ({ credentialHash, principalId, revoked: true, at: 0 }),
  );
}
