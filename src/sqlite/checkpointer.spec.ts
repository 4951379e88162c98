import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteCheckpointer } from './checkpointer.js';

const KIB = 1024;
const LIMITS = { growth: 256 * KIB, most: 1024 * KIB };

describe('SqliteCheckpointer', () => {
  let directory: string;
  let file: string;
  let db: DatabaseSync;
  let checkpointer: SqliteCheckpointer;
  let resume = () => {};
  const complaints: string[] = [];

  beforeEach(() => {
    complaints.length = 0;
    directory = mkdtempSync(join(tmpdir(), 'vx11-checkpointer-'));
    file = join(directory, 'log.sqlite');
    db = new DatabaseSync(file);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x TEXT)');
    checkpointer = new SqliteCheckpointer(
      file,
      () => resume(),
      (reason) => complaints.push(reason),
      LIMITS,
    );
  });

  afterEach(async () => {
    await checkpointer.close();
    db.close();
    rmSync(directory, { recursive: true });
  });

  const resumed = () => new Promise<void>((resolve) => (resume = resolve));
  const text = 'x'.repeat(64 * KIB);
  const write = () => {
    db.prepare('INSERT INTO t VALUES (?)').run(text);
    checkpointer.grew(text.length);
  };

  it('keeps the write-ahead log short while the writer never pauses', async () => {
    let waits = 0;
    for (let written = 0; written < 20 * LIMITS.most; written += text.length) {
      write();
      if (!checkpointer.holding) continue;
      waits += 1;
      await resumed();
    }
    expect(waits).toBeGreaterThan(0);
    expect(statSync(`${file}-wal`).size).toBeLessThan(3 * LIMITS.most);
    expect(complaints).toEqual([]);
  });

  it('moves what was written into the file without delaying the writer', async () => {
    const done = resumed();
    for (let written = 0; written < LIMITS.growth; written += text.length) write();
    expect(checkpointer.holding).toBe(false);
    await done;
    expect(statSync(file).size).toBeGreaterThanOrEqual(LIMITS.growth);
  });

  it('reports a checkpoint that fails, lets the writer go on, and tries again', async () => {
    const elsewhere = new SqliteCheckpointer(
      join(directory, 'absent', 'log.sqlite'),
      () => resume(),
      (reason) => complaints.push(reason),
      LIMITS,
    );
    for (const expected of [1, 2]) {
      const done = resumed();
      elsewhere.grew(LIMITS.growth);
      elsewhere.grew(LIMITS.most);
      expect(elsewhere.holding).toBe(true);
      await done;
      expect(elsewhere.holding).toBe(false);
      expect(complaints).toHaveLength(expected);
    }
    await elsewhere.close();
  });
});
