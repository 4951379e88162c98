import { DatabaseSync } from 'node:sqlite';

/**
 * One process at a time on one event log. The kernel lets go of the lock when
 * its holder dies, however it dies; no stale lock ever needs a hand.
 *
 * It is SQLite's lock on an empty file of its own: locked exclusively, the log
 * itself would be out of reach for the checkpoints of the worker, and for
 * people who look into it with the `sqlite3` shell.
 */
export class SqliteLock {
  private constructor(private readonly db: DatabaseSync) {}

  /** @throws SQLITE_BUSY when somebody holds it, SQLITE_CANTOPEN and others when it cannot be made */
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
