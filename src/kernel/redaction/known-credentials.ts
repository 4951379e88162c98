import { sha256 } from '../ids.js';

/** A shorter secret cannot be distinguished from an ordinary word. */
const SHORTEST_LITERAL = 8;
/**
 * A shorter word is not hashed: prose has many of them, and a configured token has at
 * least 16 characters. A weak token of the principals file becomes a literal when it is
 * first presented.
 */
export const SHORTEST_HASHED = 16;
/** The longest token that the edge accepts; see `auth/credentials.ts`. */
const LONGEST_HASHED = 8192;

const literals = new Set<string>();
const hashes = new Set<string>();
const lookups = new Set<CredentialLookup>();

/** Whether this UUID (lower case) is a credential that is valid now. */
export type CredentialLookup = (uuid: string) => boolean;

/** From now on, masks this text in everything that leaves the process. */
export function registerSecret(secret: string): void {
  if (secret.length >= SHORTEST_LITERAL) literals.add(secret);
}

/** As `registerSecret`, for a credential of which only the SHA-256 (hex) is known. */
export function registerCredentialHash(hash: string): void {
  hashes.add(hash.toLowerCase());
}

/**
 * Adds a source of credentials that come and go, such as ephemeral tokens. Returns the
 * function that removes it.
 */
export function registerCredentialLookup(lookup: CredentialLookup): () => boolean {
  lookups.add(lookup);
  return () => lookups.delete(lookup);
}

export function secretLiterals(): ReadonlySet<string> {
  return literals;
}

/** Whether a word can be a known credential at all: false saves reading a text word by word. */
export function areHashesKnown(): boolean {
  return hashes.size > 0;
}

/** Whether this process knows the ephemeral tokens that are valid now. */
export function areLookupsKnown(): boolean {
  return lookups.size > 0;
}

export function isKnownWord(word: string): boolean {
  if (word.length < SHORTEST_HASHED || word.length > LONGEST_HASHED) return false;
  return hashes.has(sha256(word));
}

export function isKnownUuid(uuid: string): boolean {
  const lower = uuid.toLowerCase();
  return hashes.has(sha256(lower)) || [...lookups].some((lookup) => lookup(lower));
}
