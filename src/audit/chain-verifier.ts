import { isSignedBy } from './audit-key.js';
import { canonical, checkpointText, GENESIS, sha256Hex, type ChainedEntry } from './chain.js';

/** An entry as an export has it. */
export type ExportedEntry = ChainedEntry & { readonly hash: string; readonly position?: string };

export type FaultKind =
  /** The entry is not what its hash is over. */
  | 'changed'
  /** The entry is whole, but the next one was linked to another. */
  | 'replaced'
  | 'missing'
  | 'reordered'
  /** The signature of a checkpoint is wrong: the chain before it was written again. */
  | 'forged'
  /** A checkpoint is signed, with a key that is not the expected one. */
  | 'unknown_key'
  /** Not an entry at all. */
  | 'unreadable';

export interface Fault {
  readonly kind: FaultKind;
  readonly chain: string;
  /** Number of the entry, or of the first of several. */
  readonly seq: number;
  readonly message: string;
}

export interface ChainReport {
  readonly chain: string;
  /** Number of the first and of the last entry. */
  readonly from: number;
  readonly to: number;
  /**
   * Hash of the last entry. Given to a later verification as `expected`, it reveals a cut-off
   * end.
   */
  readonly head: string;
  /** Entries up to this number are signed; 0: none. */
  readonly signedThrough: number;
}

export interface VerificationReport {
  readonly entries: number;
  readonly chains: readonly ChainReport[];
  /** Public keys that signed checkpoints. */
  readonly keys: readonly string[];
  readonly faults: readonly Fault[];
}

/** A head that an earlier verification reported. */
export interface ExpectedHead {
  readonly chain: string;
  readonly to: number;
  readonly head: string;
}

interface ChainState {
  readonly first: ExportedEntry;
  last: ExportedEntry;
  /** What `prev` of the next entry must be: the hash as stored, and as computed. */
  links: readonly string[];
  signedThrough: number;
  missing: [from: number, to: number][];
}

/** Most faults that are listed: in a chain that was rewritten as a whole, every entry has one. */
const MOST_FAULTS = 1_000;

/**
 * Verifies a trail entry by entry, in the order of the trail. Needs memory for the heads of
 * the chains only.
 */
export class ChainVerifier {
  private readonly chains = new Map<string, ChainState>();
  private readonly trimmed = new Map<string, { seq: number; hash: string }>();
  private readonly follows: { chain: string; seq: number; hash: string; by: ExportedEntry }[] = [];
  private readonly keys = new Set<string>();
  private readonly faults: Fault[] = [];
  private readonly expectedHeads: ReadonlyMap<string, ExpectedHead>;
  private count = 0;

  constructor(
    private readonly options: {
      /** Only checkpoints of this public key count; absent: of any. */
      readonly key?: string | undefined;
      readonly expected?: readonly ExpectedHead[] | undefined;
    } = {},
  ) {
    this.expectedHeads = new Map((options.expected ?? []).map((head) => [head.chain, head]));
  }

  /**
   * @param value a line of an export, as JSON has parsed it
   * @param text the entry's canonical JSON as received, which saves encoding it again
   */
  add(value: unknown, text?: string): void {
    this.count += 1;
    const exported = entryOf(value);
    if (!exported) {
      const message = `line ${this.count} is not an entry of an audit trail`;
      this.fault({ kind: 'unreadable', chain: '', seq: this.count, message });
      return;
    }
    const computed = hashOf(exported, text);
    if (computed !== exported.hash) {
      this.fault(at(exported, 'changed', `${named(exported)} was changed after it was written`));
    }
    this.place(exported, computed);
    this.read(exported);
  }

  finish(): VerificationReport {
    for (const [chain, state] of this.chains) this.checkBeginning(chain, state);
    for (const [chain, { missing }] of this.chains) {
      for (const [from, to] of missing) this.fault(gap(chain, from, to));
    }
    this.checkFollowed();
    this.checkExpected();
    return {
      entries: this.count,
      chains: [...this.chains].map(([chain, { first, last, signedThrough }]) => ({
        chain,
        from: first.seq,
        to: last.seq,
        head: last.hash,
        signedThrough,
      })),
      keys: [...this.keys],
      faults: this.faults,
    };
  }

  private place(exported: ExportedEntry, computed: string): void {
    const { chain, seq, prev, hash } = exported;
    const wanted = this.expectedHeads.get(chain);
    const state = this.chains.get(chain);
    if (wanted?.to === seq && wanted.head !== hash && wanted.head !== computed) {
      this.fault(at(exported, 'replaced', `${named(exported)} is not the one seen earlier`));
    }
    if (!state) {
      this.chains.set(chain, {
        first: exported,
        last: exported,
        links: [hash, computed],
        signedThrough: 0,
        missing: [],
      });
      return;
    }
    const { last } = state;
    if (seq <= last.seq) {
      state.missing = state.missing.flatMap((range) => without(range, seq));
      const message = `${named(exported)} stands after entry ${last.seq}: it was moved or copied`;
      this.fault(at(exported, 'reordered', message));
      return;
    }
    if (seq === last.seq + 1) {
      if (!state.links.includes(prev)) {
        const message = `${named(last)} is not the one that entry ${seq} was linked to: one of the two was replaced`;
        this.fault(at(last, 'replaced', message));
      }
    } else {
      state.missing.push([last.seq + 1, seq - 1]);
    }
    state.last = exported;
    state.links = [hash, computed];
  }

  private read(entry: ExportedEntry): void {
    const detail = (entry.detail ?? {}) as { [name: string]: unknown };
    if (entry.action === 'audit.checkpoint') this.checkpoint(entry, detail);
    if (entry.action === 'audit.trimmed' && Array.isArray(detail['through'])) {
      for (const { chain, seq, hash } of detail['through'] as {
        chain: string;
        seq: number;
        hash: string;
      }[]) {
        this.trimmed.set(chain, { seq, hash });
      }
    }
    if (entry.action === 'audit.adopted' && typeof detail['seq'] === 'number') {
      const { seq, hash } = detail as { seq: number; hash: string };
      if (seq > 0) this.follows.push({ chain: String(entry.subject), seq, hash, by: entry });
    }
    if (entry.action === 'audit.started' && typeof detail['follows'] === 'string') {
      const [chain = '', seq = '', hash = ''] = detail['follows'].split(' ');
      this.follows.push({ chain, seq: Number(seq), hash, by: entry });
    }
  }

  private checkpoint(entry: ExportedEntry, detail: { [name: string]: unknown }): void {
    const key = String(detail['key']);
    this.keys.add(key);
    const state = this.chains.get(entry.chain);
    if (!isSignedBy(key, checkpointText(entry), String(detail['signature']))) {
      const message = `the signature of ${named(entry)} is wrong: entries up to it were written again`;
      this.fault(at(entry, 'forged', message));
    } else if (this.options.key !== undefined && key !== this.options.key) {
      const message = `${named(entry)} is signed with another key: ${key}`;
      this.fault(at(entry, 'unknown_key', message));
    } else if (state?.last === entry) {
      state.signedThrough = entry.seq;
    }
  }

  /** A chain begins with entry 1, or after the last entry that a recorded trim removed. */
  private checkBeginning(chain: string, { first }: ChainState): void {
    if (first.seq === 1) {
      if (first.prev !== GENESIS) {
        const message = `${named(first)} says that something was before it`;
        this.fault(at(first, 'replaced', message));
      }
      return;
    }
    const trimmed = this.trimmed.get(chain);
    if (trimmed && trimmed.seq >= first.seq - 1) return;
    this.fault(gap(chain, (trimmed?.seq ?? 0) + 1, first.seq - 1));
  }

  private checkFollowed(): void {
    for (const { chain, seq, by } of this.follows) {
      const known = this.chains.get(chain);
      const gone = this.trimmed.get(chain);
      if ((known && known.last.seq >= seq) || (gone && gone.seq >= seq)) continue;
      const from = known ? known.last.seq + 1 : 1;
      if (from <= seq) this.fault(gap(chain, from, seq, `, which ${named(by)} follows`));
    }
  }

  private checkExpected(): void {
    for (const { chain, to } of this.expectedHeads.values()) {
      const known = this.chains.get(chain);
      const gone = this.trimmed.get(chain);
      if ((known && known.last.seq >= to) || (gone && gone.seq >= to)) continue;
      this.fault(gap(chain, (known?.last.seq ?? 0) + 1, to, ', which were seen earlier'));
    }
  }

  private fault(fault: Fault): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push(fault);
  }
}

function entryOf(value: unknown): ExportedEntry | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { chain, seq, prev, hash, time, action } = value as { [name: string]: unknown };
  return typeof chain === 'string' &&
    Number.isSafeInteger(seq) &&
    Number(seq) > 0 &&
    [prev, hash, time, action].every((member) => typeof member === 'string')
    ? (value as ExportedEntry)
    : undefined;
}

function hashOf(exported: ExportedEntry, text: string | undefined): string {
  if (text !== undefined && sha256Hex(text) === exported.hash) return exported.hash;
  // The line may be another spelling of the same JSON.
  const { hash: _hash, position: _position, ...entry } = exported;
  return sha256Hex(canonical(entry));
}

function named({ chain, seq, action, time }: ChainedEntry): string {
  return `entry ${seq} of chain ${chain} (${action}, ${time})`;
}

function at({ chain, seq }: ChainedEntry, kind: FaultKind, message: string): Fault {
  return { kind, chain, seq, message };
}

function gap(chain: string, from: number, to: number, more = ''): Fault {
  const what = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
  return { kind: 'missing', chain, seq: from, message: `${what} missing in chain ${chain}${more}` };
}

function without([from, to]: [number, number], seq: number): [number, number][] {
  if (seq < from || seq > to) return [[from, to]];
  const parts: [number, number][] = [
    [from, seq - 1],
    [seq + 1, to],
  ];
  return parts.filter(([start, end]) => start <= end);
}
