import {
  AuditCounts,
  exported,
  newSqliteStore,
  trailOn,
  verify,
} from '../../test/support/audit-trails.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { AuditStoreUnavailable } from './audit-store.js';

const MOST_WAITING = 5_000;

it('keeps a bounded number of entries for a store that is away, and counts the others in one entry', async () => {
  const { store, remove } = newSqliteStore();
  const clock = new ManualClock();
  const counts = new AuditCounts();
  const trail = trailOn(store, clock, counts);
  await trail.open();
  const append = store.append.bind(store);
  const away = jest
    .spyOn(store, 'append')
    .mockRejectedValue(new AuditStoreUnavailable('the disk is full'));
  const recorded = 3 * MOST_WAITING;
  for (let n = 0; n < recorded; n += 1) {
    await trail.record({ action: 'session.signed_in', actor: 'ana', subject: String(n) });
    if (n % 500 > 0) continue;
    // Another attempt, which takes what has gathered.
    clock.advance(1_000);
    trail.tick();
    await new Promise(setImmediate);
    expect(counts.totals.waiting).toBeLessThanOrEqual(MOST_WAITING + 10);
  }
  const { lost } = counts.totals;
  expect(lost).toBeGreaterThanOrEqual(2 * MOST_WAITING - 10);
  away.mockImplementation(append);
  clock.advance(1_000);
  await trail.list({}, undefined, 1);
  await trail.close();
  const entries = (await readAgain(store)) as { action: string; amount?: number }[];
  remove();
  const of = (action: string) => entries.filter((entry) => entry.action === action);
  expect(of('session.signed_in')).toHaveLength(recorded - lost);
  expect(of('audit.lost').map(({ amount }) => amount)).toEqual([lost]);
  expect(verify(entries).faults).toEqual([]);
});

it('loses none of the entries of one turn of the event loop while its store answers', async () => {
  const { store, remove } = newSqliteStore();
  const counts = new AuditCounts();
  const trail = trailOn(store, new ManualClock(), counts);
  await trail.open();
  const streams = Array.from({ length: 2 * MOST_WAITING }, (_, n) => String(n));
  // As when a gateway dies: all connections close together, each of a different principal.
  await Promise.all(
    streams.map((n) => trail.record({ action: 'stream.closed', actor: `p${n}`, subject: n })),
  );
  await trail.close();
  const entries = (await readAgain(store)) as { action: string }[];
  remove();
  expect(counts.totals.lost).toBe(0);
  expect(entries.filter(({ action }) => action === 'stream.closed')).toHaveLength(streams.length);
});

async function readAgain(store: ReturnType<typeof newSqliteStore>['store']): Promise<object[]> {
  await store.open();
  const entries = await exported(store);
  await store.close();
  return entries;
}
