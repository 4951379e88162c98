import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { exported, newSqliteStore, trailOn, verify } from '../support/audit-trails.js';
import { spawnTracked } from '../support/process/child.js';

/** Entries before the kill; `VX11_AUDIT_KILL_ENTRIES=100000` is the long form. */
const ENTRIES = Number(process.env['VX11_AUDIT_KILL_ENTRIES'] ?? 3_000);

interface Entry {
  readonly action: string;
  readonly subject?: string;
  readonly count?: number;
}

it('the audit trail has every entry that was answered before its process was killed', async () => {
  const { file, store, remove } = newSqliteStore();
  const child = spawnTracked(
    process.execPath,
    ['--import', './test/support/typescript.mjs', 'test/support/record-forever.ts', file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (!child.stdout) throw new Error('the process has no pipe');
  const exited = once(child, 'exit');
  let answered = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    answered = Math.max(answered, Number(line));
    if (answered >= ENTRIES) child.kill('SIGKILL');
  }
  await exited;

  const trail = trailOn(store);
  await trail.open();
  const all = await exported(store);
  const startedAt = performance.now();
  const report = verify(all);
  const rate = Math.round(all.length / ((performance.now() - startedAt) / 1000));
  if (ENTRIES >= 100_000)
    process.stdout.write(
      `${answered} answered, ${all.length} entries, verified ${rate} a second\n`,
    );
  expect(report.faults).toEqual([]);
  const entries = all as Entry[];
  const changed = new Set(
    entries.filter(({ action }) => action === 'principal.changed').map(({ subject }) => subject),
  );
  const missing = Array.from({ length: answered }, (_, index) => index).filter(
    (index) => index % 10 !== 9 && !changed.has(`${index}`),
  );
  expect(missing).toEqual([]);
  const issued = entries
    .filter(({ action }) => action === 'token.issued')
    .reduce((sum, { count = 1 }) => sum + count, 0);
  expect(answered).toBeGreaterThanOrEqual(ENTRIES);
  expect(issued).toBeGreaterThanOrEqual(answered / 10);
  await trail.close();
  remove();
}, 300_000);
