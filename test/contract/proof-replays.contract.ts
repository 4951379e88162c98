import type { ProofReplays } from '../../src/auth/identity/proof-replays.js';
import { until } from '../support/until.js';

export interface ProofReplaysAdapter {
  create(): Promise<ProofReplays>;
  destroy(): Promise<void>;
  /** Another one of the same system. */
  another?(): Promise<ProofReplays>;
  /** Lets time pass, where it does not by itself. */
  pass?(ms: number): void;
  /** When the store can be kept from answering. */
  readonly outage?: { begin(): void | Promise<void>; end(): Promise<void> };
}

const LONG_MS = 60_000;
const SHORT_MS = 20;

/** Every sentence of the port's comment, for one adapter. */
export function describeProofReplays(name: string, adapter: ProofReplaysAdapter): void {
  const { outage } = adapter;

  describe(`ProofReplays: ${name}`, () => {
    let replays: ProofReplays;
    beforeEach(async () => {
      replays = await adapter.create();
    });
    afterEach(() => adapter.destroy());

    it('takes each proof once', async () => {
      const taken = [];
      for (const proof of ['a', 'a', 'b', 'a', 'b']) taken.push(await replays.take(proof, LONG_MS));
      expect(taken).toEqual([true, false, true, false, false]);
    });

    it('takes one of 20 that come at the same moment, on any instance', async () => {
      const instances = [replays, (await adapter.another?.()) ?? replays];
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, n) => instances[n % 2]!.take('a', LONG_MS)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('forgets a proof after its time, and no other', async () => {
      await replays.take('short', SHORT_MS);
      await replays.take('long', LONG_MS);
      adapter.pass?.(SHORT_MS);
      await until(() => replays.take('short', LONG_MS));
      expect(await replays.take('long', LONG_MS)).toBe(false);
    });

    if (outage) {
      it('admits nothing that it cannot look up', async () => {
        await outage.begin();
        await expect(replays.take('a', LONG_MS)).rejects.toMatchObject({
          code: 'token_store_unavailable',
          retryAfterSec: expect.any(Number),
        });
        await outage.end();
        expect(await replays.take('b', LONG_MS)).toBe(true);
      });
    }
  });
}
