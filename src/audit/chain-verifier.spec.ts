import { AUDIT_KEY, verify } from '../../test/support/audit-trails.js';
import { AuditKey } from './audit-key.js';
import {
  CHECKPOINT_ENTRIES,
  CHECKPOINT_MS,
  checkpointText,
  GENESIS,
  link,
  type Draft,
  type Head,
} from './chain.js';

const START = Date.UTC(2026, 0, 1);
type Entry = ReturnType<typeof link>['entry'] & { readonly hash: string };

/** A chain as its writer makes it, without its store. */
class Chain {
  readonly entries: Entry[] = [];
  private head: Head;

  constructor(name: string) {
    this.head = { chain: name, seq: 0, hash: GENESIS };
  }

  get end(): Head {
    return this.head;
  }

  add(draft: Partial<Draft>, ms = 0): this {
    const time = new Date(START + ms).toISOString();
    const { entry, hash } = link(this.head, {
      action: 'principal.changed',
      result: 'done',
      time,
      ...draft,
    });
    this.head = { chain: entry.chain, seq: entry.seq, hash };
    this.entries.push({ ...entry, hash });
    return this;
  }

  sign(ms = 0, key = AUDIT_KEY): this {
    const { chain, seq, hash: prev } = this.head;
    const time = new Date(START + ms).toISOString();
    const signature = key.sign(checkpointText({ chain, seq: seq + 1, prev, time }));
    return this.add({ action: 'audit.checkpoint', detail: { key: key.publicKey, signature } }, ms);
  }

  started(follows?: Head): this {
    const detail = follows && { follows: `${follows.chain} ${follows.seq} ${follows.hash}` };
    return this.add({ action: 'audit.started', ...(detail ? { detail } : {}) });
  }

  adopts({ chain, seq, hash }: Head): this {
    return this.add({ action: 'audit.adopted', subject: chain, detail: { seq, hash } });
  }

  /** As somebody without the key would write these entries with another actor. */
  rewritten(from: number, without: readonly string[] = []): Entry[] {
    const copy = new Chain(this.head.chain);
    for (const { v: _, chain: _chain, seq, prev: _prev, hash: _hash, ...draft } of this.entries) {
      if (seq >= from && without.includes(draft.action)) continue;
      copy.add(seq >= from && draft.actor ? { ...draft, actor: 'bob' } : draft);
    }
    return copy.entries;
  }
}

const faults = (entries: readonly Entry[], keys = [AUDIT_KEY.publicKey]) =>
  verify(entries, { keys }).faults.map(({ kind, chain, seq }) => `${kind} ${chain} ${seq}`);

describe('with the key that must have signed', () => {
  const honest = () =>
    new Chain('a').started().sign().add({ actor: 'mallory' }).sign().add({ actor: 'ana' });

  it('finds nothing in an honest chain, and says up to where it is signed', () => {
    const report = verify(honest().entries, { keys: [AUDIT_KEY.publicKey] });
    expect(report.faults).toEqual([]);
    expect(report.chains).toMatchObject([{ to: 5, signedThrough: 4 }]);
  });

  it('a trail that was written again without its checkpoints is unsigned', () => {
    const entries = honest().rewritten(1, ['audit.checkpoint']);
    expect(faults(entries)).toEqual(['unsigned a 1']);
    // Without the key nobody can tell.
    expect(verify(entries).faults).toEqual([]);
  });

  it('an end with more entries than a writer leaves unsigned is unsigned', () => {
    const chain = new Chain('a').started().sign();
    for (let n = 0; n < CHECKPOINT_ENTRIES; n += 1) chain.add({});
    expect(faults(chain.entries)).toEqual([]);
    expect(faults(chain.add({}).entries)).toEqual(['unsigned a 3']);
  });

  it('an end over a longer time than a writer leaves unsigned is unsigned', () => {
    const chain = new Chain('a').started().sign();
    // The first entry after a quiet time is signed a second later.
    chain.add({}, 10 * CHECKPOINT_MS);
    expect(faults(chain.entries)).toEqual([]);
    expect(faults(chain.add({}, 10 * CHECKPOINT_MS).entries)).toEqual(['unsigned a 3']);
    expect(faults(chain.sign(10 * CHECKPOINT_MS).entries)).toEqual([]);
  });

  it('an entry without a time that can be read is not taken for a recent one', () => {
    const chain = new Chain('a').started().sign().add({}).add({ time: 'long ago' });
    expect(faults(chain.entries)).toEqual(['unsigned a 3']);
  });

  it('an empty trail is a fault, as it is where an earlier end is expected', () => {
    expect(faults([])).toEqual(['missing  1']);
    expect(verify([], { expected: [] }).faults.map(({ kind }) => kind)).toEqual(['missing']);
    expect(verify([]).faults).toEqual([]);
  });

  it('entries of another key are named, and none where both keys are given', () => {
    const old = new AuditKey('the key before');
    const chain = new Chain('a').started().sign(0, old).add({}).sign(0, old);
    expect(faults(chain.entries)).toEqual(['unknown_key a 2', 'unknown_key a 4', 'unsigned a 1']);
    chain.started().sign();
    expect(faults(chain.entries)).toEqual(['unknown_key a 2', 'unknown_key a 4']);
    expect(faults(chain.entries, [AUDIT_KEY.publicKey, old.publicKey])).toEqual([]);
  });
});

describe('what one chain says about another', () => {
  /** Killed, with two entries that it has not signed. */
  const killed = () =>
    new Chain('a').started().sign().add({ actor: 'mallory' }).add({ actor: 'mallory' });

  it.each([
    ['the record of its end', (a: Chain) => new Chain('b').started().adopts(a.end).sign()],
    ['the start of the next chain', (a: Chain) => new Chain('b').started(a.end).sign()],
  ])('%s signs the end of a killed instance, and reveals another one', (_, next) => {
    const a = killed();
    const b = next(a);
    const report = verify([...a.entries, ...b.entries], { keys: [AUDIT_KEY.publicKey] });
    expect(report.faults).toEqual([]);
    expect(report.chains).toMatchObject([{ signedThrough: 4 }, {}]);
    const rewritten = a.rewritten(3);
    expect(faults([...rewritten, ...b.entries])).toEqual(['replaced a 4']);
    // Wherever the entries stand in the trail, and without a key.
    expect(faults([...b.entries, ...rewritten])).toEqual(['replaced a 4']);
    expect(verify([...rewritten, ...b.entries]).faults).toHaveLength(1);
  });

  it('a record that nobody has signed signs nothing', () => {
    const a = new Chain('a').started();
    const b = new Chain('b').started().sign().adopts(a.end);
    expect(faults([...a.entries, ...b.entries])).toEqual(['unsigned a 1']);
    expect(faults([...a.entries, ...b.sign().entries])).toEqual([]);
  });

  it('signs a chain through one that has gone as well', () => {
    const a = killed();
    const b = new Chain('b').started().sign().adopts(a.end);
    const c = new Chain('c').started().adopts(b.end).sign();
    const entries = [...a.entries, ...b.entries, ...c.entries];
    const report = verify(entries, { keys: [AUDIT_KEY.publicKey] });
    expect(report.faults).toEqual([]);
    expect(report.chains.map(({ to, signedThrough }) => to - signedThrough)).toEqual([0, 0, 0]);
  });

  it('a beginning that is not linked to the removed entry is replaced', () => {
    const chain = new Chain('a').started().sign().add({ actor: 'ana' }).add({ actor: 'ana' });
    const third = chain.entries[2] as Entry;
    const through = [{ chain: 'a', seq: 3, hash: third.hash }];
    chain.add({ action: 'audit.trimmed', detail: { through } }).sign();
    expect(faults(chain.entries.slice(3))).toEqual([]);
    const other = new Chain('a').started().sign().add({ actor: 'bob' }).add({ actor: 'bob' });
    other.add({ action: 'audit.trimmed', detail: { through } }).sign();
    expect(faults(other.entries.slice(3))).toEqual(['replaced a 4']);
  });
});
