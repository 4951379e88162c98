import { DatabaseSync } from 'node:sqlite';
import type { SqliteAuditStore } from '../../src/audit/audit-store.sqlite.js';
import { AuditUpkeep } from '../../src/audit/audit-upkeep.js';
import { createLogger } from '../../src/kernel/logger.js';
import { AuditCounts, exported, newSqliteStore, trailOn, verify } from '../support/audit-trails.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeAuditStore } from './audit-store.contract.js';

const logger = createLogger({ service: 'test', level: 'silent', pretty: false });
let directory = '';
let remove = () => {};
const open: SqliteAuditStore[] = [];

function create(where?: string): SqliteAuditStore {
  const made = newSqliteStore(where);
  ({ directory, remove } = made);
  open.push(made.store);
  return made.store;
}

describeAuditStore('SQLite', {
  create: async () => create(),
  // The kernel takes the lock from a process that dies; here its holder lives.
  again: async () => {
    await open.at(-1)?.close();
    return create(directory);
  },
  destroy: async () => {
    for (const store of open.splice(0)) await store.close();
    remove();
  },
});

it('goes on when the disk is full while old entries are removed', async () => {
  const { file, store, remove: tidy } = newSqliteStore();
  const trail = trailOn(store);
  await trail.open();
  for (let n = 0; n < 20; n += 1) await change(n);
  const db = new DatabaseSync(file);
  db.exec(
    "CREATE TRIGGER full BEFORE DELETE ON entries BEGIN SELECT RAISE(FAIL, 'disk is full'); END",
  );
  const retention = { days: 365, entries: 10 };
  const upkeep = () =>
    new AuditUpkeep(store, trail, retention, new AuditCounts(), new ManualClock(), logger).run();
  await upkeep();
  await change(20);
  await change(21);
  expect(await store.size()).toBeGreaterThan(20);
  expect(verify(await exported(store)).faults).toEqual([]);
  db.exec('DROP TRIGGER full');
  db.close();
  await upkeep();
  const entries = await exported(store);
  expect(entries.length).toBeLessThanOrEqual(12);
  expect(entries.map((entry) => (entry as { subject?: string }).subject)).toEqual(
    expect.arrayContaining(['p20', 'p21']),
  );
  expect(verify(entries).faults).toEqual([]);
  await trail.close();
  tidy();

  async function change(n: number): Promise<void> {
    await trail.record({ action: 'principal.changed', actor: 'admin', subject: `p${n}` });
  }
});

describe('somebody who changes the file of the audit trail', () => {
  async function tampered(...statements: string[]): Promise<string[]> {
    const { file, store, remove: tidy } = newSqliteStore();
    const trail = trailOn(store);
    await trail.open();
    for (let n = 1; n <= 20; n += 1) {
      await trail.record({ action: 'principal.changed', actor: 'admin', subject: `p${n}` });
    }
    const head = verify(await exported(store)).chains;
    const db = new DatabaseSync(file);
    for (const statement of statements) db.exec(statement);
    db.close();
    const { faults } = verify(await exported(store), { expected: head });
    await store.close();
    tidy();
    return faults.map(({ kind, seq }) => `${kind} ${seq}`);
  }

  it('causes no finding without a change', async () => {
    expect(await tampered()).toEqual([]);
  });

  it.each([
    [
      'a changed entry',
      'UPDATE entries SET text = replace(text, \'"p7"\', \'"p8"\') WHERE n = 9',
      ['changed 9'],
    ],
    ['a removed entry', 'DELETE FROM entries WHERE n = 8', ['missing 8']],
    ['removed entries in a row', 'DELETE FROM entries WHERE n BETWEEN 8 AND 12', ['missing 8']],
    ['a removed end', 'DELETE FROM entries WHERE n > 18', ['missing 19']],
    ['a removed beginning', 'DELETE FROM entries WHERE n < 4', ['missing 1']],
    [
      'entries in another order',
      'UPDATE entries SET n = 100 WHERE n = 8; UPDATE entries SET n = 8 WHERE n = 9; UPDATE entries SET n = 9 WHERE n = 100',
      ['reordered 8'],
    ],
    [
      'a copied entry',
      'INSERT INTO entries SELECT 100, at, action, result, actor, subject, owner, address, correlation_id, text, hash FROM entries WHERE n = 8',
      ['reordered 8'],
    ],
  ])('is named by %s', async (_, statement, faults) => {
    expect(await tampered(statement)).toEqual(faults);
  });
});
