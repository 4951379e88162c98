import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { StartRefusal } from '../../kernel/start-refusal.js';
import {
  MOST_ACCESS,
  SessionStore,
  type Access,
  type IssuedRights,
  type Rotation,
  type Session,
} from './session-store.js';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 1000;
  CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY,
    principal TEXT NOT NULL,
    credential TEXT NOT NULL,
    issued TEXT,
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    refresh TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS session_principal ON session (principal);
  CREATE TABLE IF NOT EXISTS access (
    hash TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS access_session ON access (session);
  CREATE INDEX IF NOT EXISTS access_expires ON access (expires);
`;

interface Row {
  readonly id: string;
  readonly principal: string;
  readonly credential: string;
  readonly issued: string | null;
  readonly started: number;
  readonly expires: number;
  readonly refresh: string;
}

/** The sessions cannot be opened; the message names the file and says what to do. */
class SessionFileError extends StartRefusal {
  constructor(file: string, cause: unknown) {
    super(
      `The sessions ${file} cannot be opened: ${(cause as Error).message}. Make room, or move the file away with those of the same name that end in -wal and -shm: everybody then has to sign in again.`,
      { cause },
    );
    this.name = 'SessionFileError';
  }
}

/** Sessions of one instance, in an SQLite file: they outlive a restart. Every call is one step. */
export class SqliteSessionStore extends SessionStore {
  private readonly db: DatabaseSync;

  /**
   * @param file `:memory:` for sessions that end with the process
   * @throws SessionFileError
   */
  constructor(
    file: string,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    super();
    this.db = openDatabase(file);
  }

  create({ id, principalId, credentialHash, issued, ...rest }: Session): Promise<void> {
    return this.attempt(() => {
      this.run('INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)', [
        id,
        principalId,
        credentialHash,
        issued === undefined ? null : JSON.stringify(issued),
        rest.startedAt,
        rest.expiresAt,
        rest.refreshHash,
      ]);
    });
  }

  get(id: string): Promise<Session | undefined> {
    return this.attempt(() => this.find('WHERE id = ? AND expires > ?', [id, this.clock.now()]));
  }

  rotate(id: string, from: string, to: string, access: Access): Promise<Rotation> {
    return this.attempt(() =>
      this.inOneStep(() => {
        const now = this.clock.now();
        const { changes } = this.run(
          'UPDATE session SET refresh = ? WHERE id = ? AND refresh = ? AND expires > ?',
          [to, id, from, now],
        );
        if (changes === 1) {
          this.addAccess(id, access);
          return 'rotated';
        }
        return this.find('WHERE id = ? AND expires > ?', [id, now]) ? 'reused' : 'unknown';
      }),
    );
  }

  putAccess(sessionId: string, access: Access): Promise<void> {
    return this.attempt(() => this.inOneStep(() => this.addAccess(sessionId, access)));
  }

  private addAccess(sessionId: string, { hash, expiresAt }: Access): void {
    // Nothing for a session that has ended meanwhile.
    this.run('INSERT INTO access SELECT ?, id, ? FROM session WHERE id = ?', [
      hash,
      expiresAt,
      sessionId,
    ]);
    this.run(
      'DELETE FROM access WHERE session = ? AND rowid NOT IN (SELECT rowid FROM access WHERE session = ? ORDER BY rowid DESC LIMIT ?)',
      [sessionId, sessionId, MOST_ACCESS],
    );
  }

  byAccess(hash: string): Promise<Session | undefined> {
    return this.attempt(() => {
      const now = this.clock.now();
      return this.find(
        'JOIN access ON access.session = session.id WHERE access.hash = ? AND access.expires > ? AND session.expires > ?',
        [hash, now, now],
      );
    });
  }

  end(id: string): Promise<Session | undefined> {
    return this.attempt(() => {
      const session = this.find('WHERE id = ? AND expires > ?', [id, this.clock.now()]);
      this.run('DELETE FROM session WHERE id = ?', [id]);
      return session;
    });
  }

  idsOf(principalId: string): Promise<readonly string[]> {
    return this.attempt(() =>
      this.db
        .prepare('SELECT id FROM session WHERE principal = ? AND expires > ? ORDER BY started, id')
        .all(principalId, this.clock.now())
        .map(({ id }) => String(id)),
    );
  }

  forget(): void {
    // A commit is not lost.
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    this.run('DELETE FROM access WHERE expires <= ?', [now]);
    this.run('DELETE FROM session WHERE expires <= ?', [now]);
  }

  close(): void {
    this.db.close();
  }

  /** All of its statements, or none. */
  private inOneStep<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk for example.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private run(sql: string, values: (string | number | null)[]) {
    return this.db.prepare(sql).run(...values);
  }

  private find(condition: string, values: (string | number)[]): Session | undefined {
    const row = this.db.prepare(`SELECT session.* FROM session ${condition}`).get(...values) as
      | Row
      | undefined;
    if (!row) return undefined;
    const { id, principal, credential, issued, started, expires, refresh } = row;
    return {
      id,
      principalId: principal,
      credentialHash: credential,
      ...(issued === null ? {} : { issued: JSON.parse(issued) as IssuedRights }),
      startedAt: started,
      expiresAt: expires,
      refreshHash: refresh,
    };
  }

  private async attempt<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (cause) {
      throw new ProblemError(
        'token_store_unavailable',
        'The sessions cannot be read or written now. Check the disk of the data directory, and try again.',
        { retryAfterSec: 5, cause },
      );
    }
  }
}

/** @throws SessionFileError */
function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db?.close();
    throw new SessionFileError(file, error);
  }
}
