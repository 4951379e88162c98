import { DatabaseSync } from 'node:sqlite';

/**
 * Admits one process at a time to an event log. The kernel releases the lock when its
 * holder dies, however it dies, so a stale lock cannot exist.
 *
 * It is SQLite's lock on a separate, empty file. An exclusive lock on the log itself would
 * keep out the worker that makes checkpoints, and people with the `sqlite3` shell.
 */
export class SqliteLock {
  private constructor(private readonly db: DatabaseSync) {}

  /** @throws SQLITE_BUSY when another process holds it, SQLITE_CANTOPEN and others when it cannot be made */
  static take(file: string): SqliteLock {
    const db = new DatabaseSync(file, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw error;
    }
    return new SqliteLock(db);
  }

  release(): void {
    this.db.close();
  }
}
