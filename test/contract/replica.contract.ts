import type { Entry, EntryKind, Replica } from '../../src/auth/replicas/replica.js';
import {
  PRINCIPAL_RECORDS,
  type PrincipalRecord,
} from '../../src/auth/principals/principal-record.js';
import { REVOCATIONS, type Revocation } from '../../src/auth/revocation.js';
import { Revocations } from '../../src/auth/revocations.js';
import { sha256 } from '../../src/kernel/ids.js';
import { until } from '../support/until.js';

export interface ReplicaAdapter {
  create<E extends Entry>(kind: EntryKind<E>): Promise<Replica<E>>;
  destroy(): Promise<void>;
  /** Another instance of the same system, or the same one after a restart. */
  another?<E extends Entry>(kind: EntryKind<E>): Promise<Replica<E>>;
  /** Whether another instance receives changes while it runs. */
  readonly hears?: boolean;
  /** When it can be kept from writing. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

const [first, second] = [sha256('a token of ana'), sha256('another token of ana')];

/** A principal that counts its changes in its comment. */
function counted(id: string) {
  return (current: PrincipalRecord | undefined, at: number): PrincipalRecord => ({
    id,
    at,
    disabled: false,
    managed: {
      scopes: ['events:read'],
      createdBy: 'boss',
      createdAt: 1,
      credentials: [{ hash: first, createdAt: 1 }],
      comment: String(Number(current?.managed?.comment ?? 0) + 1),
    },
  });
}

/** Every sentence of the port's comment, for one adapter. */
export function describeReplica(name: string, adapter: ReplicaAdapter): void {
  const { another, outage } = adapter;

  describe(`Replica of principals: ${name}`, () => {
    let records: Replica<PrincipalRecord>;
    beforeEach(async () => {
      records = await adapter.create(PRINCIPAL_RECORDS);
    });
    afterEach(() => adapter.destroy());

    it('returns what was written, and nothing for another key', async () => {
      const written = await records.update('ana', counted('ana'));
      expect(records.get('ana')).toEqual(written);
      expect(records.get('bob')).toBeUndefined();
      expect(records.entries()).toEqual([written]);
    });

    it('emits what is new', async () => {
      const seen: PrincipalRecord[] = [];
      records.updates.subscribe((news) => void seen.push(...news));
      const written = await records.update('ana', counted('ana'));
      expect(seen).toEqual([written]);
    });

    it('writes nothing when the change throws', async () => {
      const refuse = (): PrincipalRecord => {
        throw new Error('no');
      };
      await expect(records.update('ana', refuse)).rejects.toThrow('no');
      expect(records.get('ana')).toBeUndefined();
      expect((await another?.(PRINCIPAL_RECORDS))?.get('ana')).toBeUndefined();
    });

    it('lets each of 20 concurrent updates see the one before, on any instance', async () => {
      const other = adapter.hears ? await another?.(PRINCIPAL_RECORDS) : undefined;
      const instances = [records, other ?? records];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => instances[n % 2]!.update('ana', counted('ana'))),
      );
      const comment = (one: Replica<PrincipalRecord>) => one.get('ana')?.managed?.comment;
      await until(async () => instances.every((one) => comment(one) === '20'));
    });
  });

  describe(`Revocations: ${name}`, () => {
    let revocations: Revocations;
    const instance = async () => new Revocations(await another!(REVOCATIONS));
    beforeEach(async () => {
      revocations = new Revocations(await adapter.create(REVOCATIONS));
    });
    afterEach(() => adapter.destroy());

    it('refuses the credentials that were added, and no other', async () => {
      await revocations.add('ana', [first]);
      expect([revocations.has(first), revocations.has(second)]).toEqual([true, false]);
    });

    it('emits the id of a revoked principal, also without a credential of its own', async () => {
      const ids: string[] = [];
      revocations.revoked.subscribe((id) => void ids.push(id));
      await revocations.add('ana', [first, second]);
      await revocations.add('bob', []);
      expect(new Set(ids)).toEqual(new Set(['ana', 'bob']));
    });

    it('accepts the same decision twice', async () => {
      await revocations.add('ana', [first]);
      await expect(revocations.add('ana', [first])).resolves.toBeUndefined();
      expect(revocations.has(first)).toBe(true);
    });

    it('keeps every one of 50 decisions that are made at the same time', async () => {
      const many = Array.from({ length: 50 }, (_, n) => sha256(String(n)));
      await Promise.all(many.map((hash) => revocations.add('ana', [hash])));
      const next = another ? await instance() : revocations;
      expect(many.filter((hash) => !next.has(hash))).toEqual([]);
    });

    it('admits restored credentials, and no other', async () => {
      await revocations.add('ana', [first, second]);
      await revocations.restore('ana', [first]);
      expect([revocations.has(first), revocations.has(second)]).toEqual([false, true]);
    });

    it('lets the last of many decisions win, however fast they follow each other', async () => {
      for (let round = 0; round < 10; round += 1) {
        await revocations.add('ana', [first]);
        expect(revocations.has(first)).toBe(true);
        await revocations.restore('ana', [first]);
        expect(revocations.has(first)).toBe(false);
      }
      if (another) expect((await instance()).has(first)).toBe(false);
    });

    it('emits changed after each decision, and lists all of them', async () => {
      let changes = 0;
      revocations.changed.subscribe(() => (changes += 1));
      await revocations.add('ana', [first]);
      expect(changes).toBeGreaterThan(0);
      const before = changes;
      await revocations.restore('ana', [first]);
      expect(changes).toBeGreaterThan(before);
      expect(revocations.entries()).toEqual([
        { credentialHash: first, principalId: 'ana', revoked: false, at: expect.any(Number) },
      ] satisfies Revocation[]);
    });

    if (another) {
      it('is known to an instance that starts later', async () => {
        await revocations.add('ana', [first, second]);
        await revocations.restore('ana', [second]);
        const later = await instance();
        expect([later.has(first), later.has(second)]).toEqual([true, false]);
      });
    }
    if (another && adapter.hears) {
      it('reaches a running instance, restores included', async () => {
        const other = await instance();
        const reported = new Promise((resolve) => other.revoked.subscribe(resolve));
        await revocations.add('ana', [first]);
        await expect(reported).resolves.toBe('ana');
        expect(other.has(first)).toBe(true);
        await revocations.restore('ana', [first]);
        await until(async () => !other.has(first));
      });

      it('lets the later decision win when two instances decide in turn', async () => {
        const other = await instance();
        await revocations.add('ana', [first]);
        await until(async () => other.has(first));
        await other.restore('ana', [first]);
        await until(async () => !revocations.has(first));
        await revocations.add('ana', [first]);
        await until(async () => other.has(first));
        expect((await instance()).has(first)).toBe(true);
      });
    }
    if (outage) {
      it('reports a decision that may not be kept, and keeps it when it is repeated', async () => {
        outage.begin();
        await expect(revocations.add('ana', [first])).rejects.toMatchObject({
          code: 'token_store_unavailable',
        });
        await outage.end();
        await revocations.add('ana', [first]);
        expect((await instance()).has(first)).toBe(true);
      });
    }
  });
}
