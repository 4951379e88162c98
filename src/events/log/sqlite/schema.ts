import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { EventLogFileError } from './errors.js';

/** 'VX11', so that the log is not mistaken for another program's file, nor the other way round. */
const APPLICATION_ID = 0x56583131;
const SCHEMA_VERSION = 2;

/**
 * - `events`: one row an event. `n` is the position as a number.
 * - `seen`: one row a commit: the keys of the ids it took, and when. Written and
 *   forgotten in order, where an index by key would touch a page for each event.
 * - `state`: the greatest position removed; and how many events there were up
 *   to `counted_to`, so that opening need not count them all.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    n INTEGER PRIMARY KEY, type TEXT NOT NULL, severity TEXT NOT NULL, module TEXT NOT NULL, json TEXT NOT NULL,
    publisher TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS seen (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, keys BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL, counted_to INTEGER NOT NULL, counted INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO state VALUES (1, 0, 0, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** From version 1: who published its events is not known. */
const ADD_PUBLISHER = "ALTER TABLE events ADD COLUMN publisher TEXT NOT NULL DEFAULT '';";

/**
 * The log's database, made when it does not exist.
 * @throws EventLogFileError when the file is not ours; SQLite's own errors
 */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    const version = checkOwner(db, path);
    // NORMAL: a commit is written to the operating system, so it survives the
    // death of the process. It is forced to the disk at a checkpoint only: a
    // power cut or a crash of the machine can lose the commits since the last
    // one, some 4 MiB of events; what is left is whole and in order.
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    const migration = version === 1 ? ADD_PUBLISHER : '';
    db.exec(`BEGIN IMMEDIATE; ${migration} ${SCHEMA} COMMIT`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @returns the file's schema version; 0 for a new file */
function checkOwner(db: DatabaseSync, path: string): number {
  const value = (sql: string): SQLOutputValue | undefined => db.prepare(sql).get()?.value;
  const owner = value('SELECT application_id AS value FROM pragma_application_id');
  const version = value('SELECT user_version AS value FROM pragma_user_version');
  const tables = value('SELECT count(*) AS value FROM sqlite_schema');
  if (owner !== APPLICATION_ID && (owner !== 0 || tables !== 0)) {
    throw new EventLogFileError(
      path,
      'belongs to another program',
      'Move it away, or set VX11_DATA_DIR to a directory of its own.',
    );
  }
  if (Number(version) > SCHEMA_VERSION) {
    throw new EventLogFileError(
      path,
      'was written by a newer version of VX11 Operator',
      'Start that version, or move the file away: the log then starts empty.',
    );
  }
  return Number(version);
}
