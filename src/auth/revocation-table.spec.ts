import fc from 'fast-check';
import { parseRevocation, RevocationTable, type Revocation } from './revocation-table.js';

const entry = fc.record({
  credentialHash: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  principalId: fc.constantFrom('ana', 'bob'),
  revoked: fc.boolean(),
  at: fc.nat(5),
});
const state = (table: RevocationTable) => ['a', 'b'].map((letter) => table.has(letter.repeat(64)));

describe('RevocationTable', () => {
  it('ends in one state, in whatever order and however often decisions arrive', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.array(fc.nat(100)), (entries, order) => {
        const straight = new RevocationTable();
        straight.merge(entries);
        const mixed = new RevocationTable();
        for (const index of order) mixed.merge(entries.slice(index, index + 1));
        for (const one of entries.toReversed()) mixed.merge([one]);
        expect(state(mixed)).toEqual(state(straight));
      }),
    );
  });

  it('decides later than anything known, also when the clock runs behind', () => {
    const table = new RevocationTable();
    const hash = 'a'.repeat(64);
    table.merge(table.decide('ana', [hash], true, 1_000));
    table.merge(table.decide('ana', [hash], false, 10));
    expect(table.has(hash)).toBe(false);
    expect(table.entries).toMatchObject([{ revoked: false, at: 1_001 }]);
  });

  it('revokes when a revocation and a restore carry the same time', () => {
    const hash = 'a'.repeat(64);
    const at = (revoked: boolean) => ({ credentialHash: hash, principalId: 'ana', revoked, at: 1 });
    for (const entries of [
      [at(true), at(false)],
      [at(false), at(true)],
    ]) {
      const table = new RevocationTable();
      table.merge(entries);
      expect(table.has(hash)).toBe(true);
    }
  });

  it('knows what a peer lacks or has in an older version', () => {
    const [table, peer] = [new RevocationTable(), new RevocationTable()];
    table.merge(table.decide('ana', ['a'.repeat(64), 'b'.repeat(64)], true, 1));
    peer.merge(table.entries.slice(0, 1));
    expect(table.newerThan(peer.entries)).toEqual(table.entries.slice(1));
    expect(peer.newerThan(table.entries)).toEqual([]);
  });
});

describe('parseRevocation', () => {
  const good: Revocation = {
    credentialHash: 'a'.repeat(64),
    principalId: 'ana',
    revoked: true,
    at: 1,
  };

  it('takes an entry, without any further fields', () => {
    expect(parseRevocation({ ...good, more: 1 })).toEqual(good);
  });

  it.each([
    null,
    'text',
    [],
    {},
    { ...good, credentialHash: 'A'.repeat(64) },
    { ...good, credentialHash: undefined },
    { ...good, principalId: 7 },
    { ...good, revoked: 'true' },
    { ...good, at: -1 },
    { ...good, at: 1.5 },
    { ...good, at: 1e300 },
  ])('refuses %j', (value) => {
    expect(parseRevocation(value)).toBeUndefined();
  });
});
