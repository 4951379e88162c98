import type { Revocations } from '../../src/auth/revocations.js';
import { sha256 } from '../../src/kernel/ids.js';

export interface RevocationsAdapter {
  create(): Promise<Revocations>;
  destroy(): Promise<void>;
  /** Another instance of the same system, or the same one after a restart; where what is revoked is kept. */
  another?(): Promise<Revocations>;
  /** Whether another instance hears of news while it runs. */
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

    it('refuse the credentials that were added, and no other', async () => {
      await revocations.add('ana', [first]);
      expect([revocations.has(first), revocations.has(second)]).toEqual([true, false]);
    });

    it('tell who is revoked, also a principal without a credential of its own', async () => {
      const told: string[] = [];
      revocations.revoked.subscribe((id) => void told.push(id));
      await revocations.add('ana', [first, second]);
      await revocations.add('bob', []);
      expect(new Set(told)).toEqual(new Set(['ana', 'bob']));
    });

    it('bear a second time', async () => {
      await revocations.add('ana', [first]);
      await expect(revocations.add('ana', [first])).resolves.toBeUndefined();
      expect(revocations.has(first)).toBe(true);
    });

    it('bear many at the same time', async () => {
      const many = Array.from({ length: 50 }, (_, n) => sha256(String(n)));
      await Promise.all(many.map((credential) => revocations.add('ana', [credential])));
      const next = (await adapter.another?.()) ?? revocations;
      expect(many.filter((credential) => !next.has(credential))).toEqual([]);
    });

    const { another, outage } = adapter;
    if (another) {
      it('are known to an instance that starts later', async () => {
        await revocations.add('ana', [first]);
        expect((await another()).has(first)).toBe(true);
      });
    }
    if (another && adapter.hears) {
      it('reach an instance that is running, and tell it who', async () => {
        const other = await another();
        const told = new Promise((resolve) => other.revoked.subscribe(resolve));
        await revocations.add('ana', [first]);
        await expect(told).resolves.toBe('ana');
        expect(other.has(first)).toBe(true);
      });
    }
    if (outage) {
      it('say so when they may not be known to all, and are when it is asked again', async () => {
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
