import type { Revocations } from '../../src/auth/revocations.js';
import { sha256 } from '../../src/kernel/ids.js';
import { until } from '../support/until.js';

export interface RevocationsAdapter {
  create(): Promise<Revocations>;
  destroy(): Promise<void>;
  /** Another instance of the same system, or the same one after a restart. */
  another?(): Promise<Revocations>;
  /** Whether another instance receives decisions while it runs. */
  readonly hears?: boolean;
  /** When it can be kept from writing. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

const [first, second] = [sha256('a token of ana'), sha256('another token of ana')];

/** Every sentence of the port's comment, for one adapter. */
export function describeRevocations(name: string, adapter: RevocationsAdapter): void {
  describe(`Revocations: ${name}`, () => {
    let revocations: Revocations;
    beforeEach(async () => {
      revocations = await adapter.create();
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
      const next = (await adapter.another?.()) ?? revocations;
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
      expect((await adapter.another?.())?.has(first) ?? false).toBe(false);
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
      ]);
    });

    const { another, outage } = adapter;
    if (another) {
      it('is known to an instance that starts later', async () => {
        await revocations.add('ana', [first, second]);
        await revocations.restore('ana', [second]);
        const later = await another();
        expect([later.has(first), later.has(second)]).toEqual([true, false]);
      });
    }
    if (another && adapter.hears) {
      it('reaches a running instance, restores included', async () => {
        const other = await another();
        const reported = new Promise((resolve) => other.revoked.subscribe(resolve));
        await revocations.add('ana', [first]);
        await expect(reported).resolves.toBe('ana');
        expect(other.has(first)).toBe(true);
        await revocations.restore('ana', [first]);
        await until(async () => !other.has(first));
      });

      it('lets the later decision win when two instances decide in turn', async () => {
        const other = await another();
        await revocations.add('ana', [first]);
        await until(async () => other.has(first));
        await other.restore('ana', [first]);
        await until(async () => !revocations.has(first));
        await revocations.add('ana', [first]);
        await until(async () => other.has(first));
        expect((await another()).has(first)).toBe(true);
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
        expect((await another?.())?.has(first)).toBe(true);
      });
    }
  });
}
