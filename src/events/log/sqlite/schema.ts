import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { EventLogFileError } from './errors.js';

/** 'VX11': marks the file as this log, so that no other database is taken for it. */
const APPLICATION_ID = 0x56583131;
const SCHEMA_VERSION = 2;

/**
 * - `events`: one row for each event. `n` is the position as a number.
 * - `seen`: one row for each commit: the keys of its events, for deduplication, and its
 *   time. Rows are added and deleted in order; an index by key would touch a page for
 *   each event.
 * - `blocks`: what the JSON of the events from `first` to `last` contains, for searches (see
 *   `TextBlocks`). Only a help: an older version neither knows nor damages it.
 * - `state`: `floor` is the newest position trimmed. `counted` events were held up to
 *   position `counted_to`, so that opening the file only counts the later ones.
 * - `breaks`: no number after `after` and before `until` was given out, as the file did not exist
 *   or was closed. No older version knows it.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    n INTEGER PRIMARY KEY, type TEXT NOT NULL, severity TEXT NOT NULL, module TEXT NOT NULL, json TEXT NOT NULL,
    publisher TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE IF NOT EXISTS seen (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, keys BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS blocks (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, bits BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL, counted_to INTEGER NOT NULL, counted INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO state VALUES (1, 0, 0, 0);
  CREATE TABLE IF NOT EXISTS breaks (until INTEGER PRIMARY KEY, after INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** Migration from version 1, which did not record the publisher of an event. */
const ADD_PUBLISHER = "ALTER TABLE events ADD COLUMN publisher TEXT NOT NULL DEFAULT '';";

/**
 * Opens the log's database, and creates it when it does not exist.
 * @throws EventLogFileError when the file belongs to another program or a newer version; SQLite's own errors
 */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    const version = checkOwner(db, path);
    // NORMAL: each commit is written to the operating system, so it survives the death of
    // the process. Only a checkpoint flushes it to the disk. A power cut or a crash of the
    // machine can lose the commits since the last checkpoint, about 4 MiB of events. The
    // rest stays complete and in order.
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
