import { isSignedBy } from './audit-key.js';
import {
  canonical,
  CHECKPOINT_ENTRIES,
  CHECKPOINT_MS,
  checkpointText,
  GENESIS,
  sha256Hex,
  type ChainedEntry,
  type Head,
} from './chain.js';

/** An entry as an export has it. */
export type ExportedEntry = ChainedEntry & { readonly hash: string; readonly position?: string };

export type FaultKind =
  /** The entry is not what its hash is over. */
  | 'changed'
  /** The entry is whole, but the next one was linked to another, or a later one has recorded
   * another in its place. */
  | 'replaced'
  | 'missing'
  | 'reordered'
  /** The signature of a checkpoint is wrong: the chain before it was written again. */
  | 'forged'
  /** A checkpoint is signed, with a key that is not an expected one. */
  | 'unknown_key'
  /** No expected key has signed these entries, though a writer would have by then. */
  | 'unsigned'
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
  /**
   * Entries up to this number are signed, by a checkpoint of the chain or by that of another one
   * that recorded its end; 0: none.
   */
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
  /** Time of the last checkpoint that counts, epoch milliseconds. */
  signedAt: number | undefined;
  /** The entries after it, and itself, by their number. */
  tail: Map<number, { readonly links: readonly string[]; readonly at: number }>;
  missing: [from: number, to: number][];
}

/** What an entry says about another one. */
interface Claim extends Head {
  readonly by: ExportedEntry;
  /** The other one was removed, with all before it. */
  readonly isRemoval: boolean;
}

/** Most faults that are listed: in a chain that was rewritten as a whole, every entry has one. */
const MOST_FAULTS = 1_000;

/**
 * Verifies a trail entry by entry, in the order of the trail. Needs memory for what is not
 * signed, and for what chains say about each other.
 */
export class ChainVerifier {
  private readonly chains = new Map<string, ChainState>();
  private readonly claims: Claim[] = [];
  private readonly keys = new Set<string>();
  private readonly faults: Fault[] = [];
  private readonly expectedHeads: ReadonlyMap<string, ExpectedHead>;
  private count = 0;

  constructor(
    private readonly options: {
      /** Only checkpoints of these public keys count; absent: of any. */
      readonly keys?: readonly string[] | undefined;
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
    this.checkClaims();
    const removed = this.removed();
    for (const [chain, state] of this.chains) this.checkBeginning(state, removed.get(chain));
    for (const [chain, { missing }] of this.chains) {
      for (const [from, to] of missing) this.fault(gap(chain, from, to));
    }
    this.checkFollowed(removed);
    this.checkExpected(removed);
    this.checkSigned();
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
        signedAt: undefined,
        tail: new Map([[seq, { links: [hash, computed], at: timeOf(exported) }]]),
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
    state.tail.set(seq, { links: state.links, at: timeOf(exported) });
  }

  private read(entry: ExportedEntry): void {
    const detail = (entry.detail ?? {}) as { [name: string]: unknown };
    if (entry.action === 'audit.checkpoint') this.checkpoint(entry, detail);
    if (entry.action === 'audit.trimmed' && Array.isArray(detail['through'])) {
      for (const { chain, seq, hash } of detail['through'] as Head[]) {
        this.claims.push({ chain, seq, hash, by: entry, isRemoval: true });
      }
    }
    if (entry.action === 'audit.adopted' && typeof detail['seq'] === 'number') {
      const { seq, hash } = detail as { seq: number; hash: string };
      if (seq > 0) this.claim(String(entry.subject), seq, hash, entry);
    }
    if (entry.action === 'audit.started' && typeof detail['follows'] === 'string') {
      const [chain = '', seq = '', hash = ''] = detail['follows'].split(' ');
      this.claim(chain, Number(seq), hash, entry);
    }
  }

  private claim(chain: string, seq: number, hash: string, by: ExportedEntry): void {
    this.claims.push({ chain, seq, hash, by, isRemoval: false });
  }

  private checkpoint(entry: ExportedEntry, detail: { [name: string]: unknown }): void {
    const key = String(detail['key']);
    this.keys.add(key);
    const state = this.chains.get(entry.chain);
    if (!isSignedBy(key, checkpointText(entry), String(detail['signature']))) {
      const message = `the signature of ${named(entry)} is wrong: entries up to it were written again`;
      this.fault(at(entry, 'forged', message));
    } else if (this.options.keys && !this.options.keys.includes(key)) {
      const message = `${named(entry)} is signed with another key: ${key}`;
      this.fault(at(entry, 'unknown_key', message));
    } else if (state?.last === entry) {
      state.signedThrough = entry.seq;
      state.signedAt = timeOf(entry);
      state.tail = new Map([...state.tail].slice(-1));
    }
  }

  /**
   * Compares what entries say about others. A signed one that is right signs the other one, and
   * all before it. From the newest to the oldest, since a claim is about an older entry.
   */
  private checkClaims(): void {
    for (const { chain, seq, hash, by } of this.claims.toReversed()) {
      const state = this.chains.get(chain);
      const entry = state?.tail.get(seq);
      if (!state || !entry) continue;
      if (!entry.links.includes(hash)) {
        const message = `entry ${seq} of chain ${chain} is not the one that ${named(by)} recorded`;
        this.fault({ kind: 'replaced', chain, seq, message });
      } else if (this.isSigned(by)) {
        state.signedThrough = Math.max(state.signedThrough, seq);
      }
    }
  }

  private isSigned({ chain, seq }: ExportedEntry): boolean {
    return seq <= (this.chains.get(chain)?.signedThrough ?? 0);
  }

  /** The last removed entry of each chain. With expected keys, a removal has to be signed. */
  private removed(): ReadonlyMap<string, Claim> {
    const last = new Map<string, Claim>();
    for (const claim of this.claims) {
      if (!claim.isRemoval || (this.options.keys && !this.isSigned(claim.by))) continue;
      if (claim.seq > (last.get(claim.chain)?.seq ?? 0)) last.set(claim.chain, claim);
    }
    return last;
  }

  /** A chain begins with entry 1, or after the last entry that a recorded trim removed. */
  private checkBeginning({ first }: ChainState, removed: Claim | undefined): void {
    if (first.seq === 1) {
      if (first.prev !== GENESIS) {
        const message = `${named(first)} says that something was before it`;
        this.fault(at(first, 'replaced', message));
      }
      return;
    }
    if (!removed || removed.seq < first.seq - 1) {
      this.fault(gap(first.chain, (removed?.seq ?? 0) + 1, first.seq - 1));
    } else if (removed.seq === first.seq - 1 && removed.hash !== first.prev) {
      const message = `${named(first)} is not linked to the removed entry that ${named(removed.by)} recorded`;
      this.fault(at(first, 'replaced', message));
    }
  }

  private checkFollowed(removed: ReadonlyMap<string, Claim>): void {
    for (const { chain, seq, by, isRemoval } of this.claims) {
      if (isRemoval) continue;
      const known = this.chains.get(chain);
      const gone = removed.get(chain);
      if ((known && known.last.seq >= seq) || (gone && gone.seq >= seq)) continue;
      const from = known ? known.last.seq + 1 : 1;
      if (from <= seq) this.fault(gap(chain, from, seq, `, which ${named(by)} follows`));
    }
  }

  /**
   * A writer signs its first entry at once, then as CHECKPOINT_ENTRIES and CHECKPOINT_MS say.
   * What is left is the end of a chain that is being written, or whose writer has just been
   * killed.
   */
  private checkSigned(): void {
    if (!this.options.keys) return;
    for (const [chain, { tail, signedThrough, signedAt }] of this.chains) {
      const unsigned = [...tail.keys()].filter((seq) => seq > signedThrough);
      const [from] = unsigned;
      const isDue =
        signedAt === undefined ||
        unsigned.length > CHECKPOINT_ENTRIES ||
        // After the checkpoint and the entry that may be of any time.
        [...tail].slice(2).some(([seq, { at: time }]) => {
          return seq > signedThrough && !(time <= signedAt + CHECKPOINT_MS);
        });
      if (from === undefined || !isDue) continue;
      const message = `${span(from, unsigned.at(-1) ?? from)} not signed by an expected key in chain ${chain}`;
      this.fault({ kind: 'unsigned', chain, seq: from, message });
    }
  }

  private checkExpected(removed: ReadonlyMap<string, Claim>): void {
    if (this.count === 0 && (this.options.keys ?? this.options.expected)) {
      this.fault({ kind: 'missing', chain: '', seq: 1, message: 'the trail has no entry' });
    }
    for (const { chain, to } of this.expectedHeads.values()) {
      const known = this.chains.get(chain);
      const gone = removed.get(chain);
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

/** When it was recorded; of a sum: when its last action was. */
function timeOf({ time, until }: ChainedEntry): number {
  return Date.parse(until ?? time);
}

function named({ chain, seq, action, time }: ChainedEntry): string {
  return `entry ${seq} of chain ${chain} (${action}, ${time})`;
}

function at({ chain, seq }: ChainedEntry, kind: FaultKind, message: string): Fault {
  return { kind, chain, seq, message };
}

function gap(chain: string, from: number, to: number, more = ''): Fault {
  const message = `${span(from, to)} missing in chain ${chain}${more}`;
  return { kind: 'missing', chain, seq: from, message };
}

function span(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}

function without([from, to]: [number, number], seq: number): [number, number][] {
  if (seq < from || seq > to) return [[from, to]];
  const parts: [number, number][] = [
    [from, seq - 1],
    [seq + 1, to],
  ];
  return parts.filter(([start, end]) => start <= end);
}
