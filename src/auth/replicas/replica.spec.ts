import fc from 'fast-check';
import { REVOCATIONS, type Revocation } from '../revocation.js';
import { PRINCIPAL_RECORDS } from '../principals/principal-record.js';
import { parseEntries, ReplicaTable, timeAfter } from './replica.js';

const entry = fc.record({
  credentialHash: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  principalId: fc.constantFrom('ana', 'bob'),
  revoked: fc.boolean(),
  at: fc.nat(5),
});
const table = () => new ReplicaTable(REVOCATIONS);
const state = (one: ReplicaTable<Revocation>) =>
  ['a', 'b'].map((letter) => one.get(letter.repeat(64))?.revoked);

describe('ReplicaTable', () => {
  it('ends in one state, in whatever order and however often entries arrive', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.array(fc.nat(100)), (entries, order) => {
        const straight = table();
        straight.merge(entries);
        const mixed = table();
        for (const index of order) mixed.merge(entries.slice(index, index + 1));
        for (const one of entries.toReversed()) mixed.merge([one]);
        expect(state(mixed)).toEqual(state(straight));
      }),
    );
  });

  it('gives a change a later time than the present entry, also when the clock runs behind', () => {
    expect(timeAfter({ at: 1_000 }, 10)).toBe(1_001);
    expect(timeAfter({ at: 1_000 }, 5_000)).toBe(5_000);
    expect(timeAfter(undefined, 10)).toBe(10);
  });

  it('revokes when a revocation and a restore carry the same time', () => {
    const hash = 'a'.repeat(64);
    const at = (revoked: boolean) => ({ credentialHash: hash, principalId: 'ana', revoked, at: 1 });
    for (const entries of [
      [at(true), at(false)],
      [at(false), at(true)],
    ]) {
      const one = table();
      one.merge(entries);
      expect(one.get(hash)?.revoked).toBe(true);
    }
  });
});

describe('an entry from a file, a store or a peer', () => {
  const revocation = { credentialHash: 'a'.repeat(64), principalId: 'ana', revoked: true, at: 1 };
  const managed = {
    scopes: ['events:read'],
    filter: { module: ['shop'] },
    createdBy: 'boss',
    createdAt: 1,
    credentials: [{ hash: 'a'.repeat(64), createdAt: 1, expiresAt: 2 }],
  };
  const record = { id: 'ana', at: 1, disabled: false, managed };

  it('is taken when it is complete, without any further fields', () => {
    expect(REVOCATIONS.parse({ ...revocation, more: 1 })).toEqual(revocation);
    expect(PRINCIPAL_RECORDS.parse({ ...record, more: 1 })).toEqual(record);
    expect(PRINCIPAL_RECORDS.parse({ id: 'ana', at: 1, disabled: true })).toBeDefined();
  });

  it.each([
    null,
    'text',
    [],
    {},
    { ...revocation, credentialHash: 'A'.repeat(64) },
    { ...revocation, credentialHash: undefined },
    { ...revocation, principalId: 7 },
    { ...revocation, revoked: 'true' },
    { ...revocation, at: -1 },
    { ...revocation, at: 1.5 },
    { ...revocation, at: 1e300 },
  ])('is no revocation: %j', (value) => {
    expect(REVOCATIONS.parse(value)).toBeUndefined();
  });

  it.each([
    null,
    { ...record, id: '' },
    { ...record, at: '1' },
    { ...record, disabled: undefined },
    { ...record, managed: null },
    { ...record, managed: { ...managed, scopes: ['root'] } },
    { ...record, managed: { ...managed, filter: {} } },
    { ...record, managed: { ...managed, expiresAt: 'never' } },
    { ...record, managed: { ...managed, credentials: [{ hash: 'x', createdAt: 1 }] } },
    { ...record, managed: { ...managed, credentials: {} } },
  ])('is no principal: %j', (value) => {
    expect(PRINCIPAL_RECORDS.parse(value)).toBeUndefined();
  });

  it('is left out of a list when it is none', () => {
    expect(parseEntries(REVOCATIONS, [null, revocation, { at: 1 }])).toEqual([revocation]);
    expect(parseEntries(REVOCATIONS, { revocations: [revocation] })).toEqual([]);
  });
});
