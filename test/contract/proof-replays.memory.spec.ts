import { MemoryProofReplays } from '../../src/auth/identity/proof-replays.memory.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeProofReplays } from './proof-replays.contract.js';

const MOST = 200_000;
const clock = new ManualClock();

describeProofReplays('memory', {
  create: async () => new MemoryProofReplays(clock),
  destroy: async () => {},
  pass: (ms) => clock.advance(ms),
});

it('refuses more proofs than it can remember, until the first are forgotten', async () => {
  const replays = new MemoryProofReplays(clock);
  for (let n = 0; n < MOST; n += 1) await replays.take(`proof ${n}`, 1000);
  await expect(replays.take('one more', 1000)).rejects.toMatchObject({
    code: 'token_store_unavailable',
  });
  clock.advance(1000);
  expect(await replays.take('one more', 1000)).toBe(true);
});
