/** The last decision about one credential. */
export interface Revocation {
  /** SHA-256 of the credential, hex. */
  readonly credentialHash: string;
  readonly principalId: string;
  /** `false`: it was revoked once and has been restored since. */
  readonly revoked: boolean;
  /** When it was decided, epoch milliseconds; grows with every decision about the credential. */
  readonly at: number;
}

/**
 * Decisions about credentials, the last one wins. Merging is commutative and
 * idempotent, so copies agree in whatever order, and however often, they learn
 * of a decision. Of two decisions in one millisecond the revocation wins.
 */
export class RevocationTable {
  private readonly byHash = new Map<string, Revocation>();

  has(credentialHash: string): boolean {
    return this.byHash.get(credentialHash)?.revoked === true;
  }

  get entries(): readonly Revocation[] {
    return [...this.byHash.values()];
  }

  /** A decision that replaces what is known, also when this machine's clock runs behind. */
  decide(
    principalId: string,
    credentialHashes: readonly string[],
    revoked: boolean,
    now: number,
  ): readonly Revocation[] {
    return credentialHashes.map((credentialHash) => {
      const known = this.byHash.get(credentialHash)?.at ?? 0;
      return { credentialHash, principalId, revoked, at: Math.max(now, known + 1) };
    });
  }

  /** Takes over what is newer than what is known. Returns that part. */
  merge(entries: readonly Revocation[]): readonly Revocation[] {
    return entries.filter((entry) => {
      const newer = isNewer(entry, this.byHash.get(entry.credentialHash));
      if (newer) this.byHash.set(entry.credentialHash, entry);
      return newer;
    });
  }

  /** What this table knows better than `entries`. */
  newerThan(entries: readonly Revocation[]): readonly Revocation[] {
    const others = new Map(entries.map((entry) => [entry.credentialHash, entry]));
    return this.entries.filter((entry) => isNewer(entry, others.get(entry.credentialHash)));
  }
}

function isNewer(entry: Revocation, known: Revocation | undefined): boolean {
  if (!known || entry.at !== known.at) return entry.at > (known?.at ?? -1);
  return entry.revoked && !known.revoked;
}

const HASH = /^[0-9a-f]{64}$/;

/** One entry as it comes from a file, a store or a peer; `undefined` when it is none. */
export function parseRevocation(value: unknown): Revocation | undefined {
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
