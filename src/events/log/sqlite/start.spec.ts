import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reportsOf } from '../../../../test/contract/event-log.killing.js';
import { newEvent, newEvents } from '../../../../test/support/new-event.js';
import { inDatabase, SqliteLogs } from '../../../../test/support/sqlite-logs.js';

describe('SqliteEventLog, at the start', () => {
  let logs: SqliteLogs;
  beforeEach(() => {
    logs = new SqliteLogs();
  });
  afterEach(async () => logs.remove());

  it('creates the file, and its directory for its user only', async () => {
    await logs.open();
    expect(statSync(join(logs.directory, 'data')).mode & 0o777).toBe(0o700);
    expect(logs.look('SELECT count(*) AS value FROM events')).toBe(0);
  });

  it('refuses a file that another instance has open, and takes it once that one has ended', async () => {
    const first = await logs.open();
    await first.append(newEvents(3));
    await expect(logs.open()).rejects.toThrow(
      `The event log ${logs.file} is in use by another process. Stop that process, or give this one a VX11_DATA_DIR of its own.`,
    );
    await first.append(newEvents(3));
    await first.close();
    expect((await (await logs.open()).bounds()).length).toBe(6);
  });

  it('refuses a file that another process has open, and takes it once that one was killed', async () => {
    const child = logs.spawnAppender();
    const ended = once(child, 'close');
    try {
      await reportsOf(child).until(({ answered }) => answered.size > 0);
      await expect(logs.open()).rejects.toThrow('is in use by another process');
    } finally {
      child.kill('SIGKILL');
    }
    await ended;
    expect((await (await logs.open()).bounds()).length).toBeGreaterThan(0);
  });

  const held: DatabaseSync[] = [];
  it.each<[string, (path: string) => void, string]>([
    [
      'is no database',
      (path) => writeFileSync(path, 'no database\n'.repeat(1000)),
      'is damaged, or is not an SQLite file. Replace it by a good copy. Or move it',
    ],
    [
      'belongs to another program',
      (path) => inDatabase(path, (db) => db.exec('CREATE TABLE theirs (x)')),
      'belongs to another program. Move it away, or set VX11_DATA_DIR',
    ],
    [
      'was written by a newer version',
      (path) =>
        inDatabase(path, (db) =>
          db.exec('PRAGMA application_id = 0x56583131; PRAGMA user_version = 3'),
        ),
      'was written by a newer version of VX11 Operator. Start that version',
    ],
    [
      'is locked by another program',
      (path) => {
        const db = new DatabaseSync(path);
        db.exec('BEGIN EXCLUSIVE');
        held.push(db);
      },
      'is in use by another process. Stop that process',
    ],
  ])('says what to do when the file %s', async (_, prepare, message) => {
    const path = join(logs.directory, 'events.sqlite');
    prepare(path);
    await expect(logs.open({ file: path })).rejects.toThrow(`The event log ${path} ${message}`);
    for (const db of held.splice(0)) db.close();
  });
  it('says what to do when the file cannot be created', async () => {
    writeFileSync(join(logs.directory, 'data'), 'a file where a directory is needed');
    await expect(logs.open()).rejects.toThrow(
      /The event log .*events\.sqlite cannot be opened for writing \(.*\)\. VX11_DATA_DIR must be a directory/,
    );
  });

  it('does not change a file that it refuses', async () => {
    const path = join(logs.directory, 'events.sqlite');
    inDatabase(path, (db) => db.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (7)'));
    await expect(logs.open({ file: path })).rejects.toThrow('belongs to another program');

    expect(logs.look('SELECT x AS value FROM theirs', path)).toBe(7);
    expect(logs.look('SELECT journal_mode AS value FROM pragma_journal_mode', path)).toBe('delete');
  });

  it('adds the publisher to a file of schema version 1, as an empty text', async () => {
    const path = join(logs.directory, 'events.sqlite');
    inDatabase(path, (db) =>
      db.exec(`
        CREATE TABLE events (n INTEGER PRIMARY KEY, type TEXT NOT NULL, severity TEXT NOT NULL,
          module TEXT NOT NULL, json TEXT NOT NULL) STRICT;
        INSERT INTO events VALUES (1, 'old', 'info', 'tests', '{"id":"old","position":"0-1"}');
        PRAGMA application_id = 0x56583131; PRAGMA user_version = 1`),
    );
    const log = await logs.open({ file: path });
    await log.append([newEvent({ publisher: 'madre' })]);
    await log.close();
    const { events } = await (await logs.open({ file: path })).read({ limit: 10 });
    expect(events.map(({ type, publisher }) => [type, publisher])).toEqual([
      ['old', ''],
      ['test.thing.happened', 'madre'],
    ]);
  });

  it('trims the events above a smaller length when it opens', async () => {
    const log = await logs.open();
    await log.append(newEvents(900));
    await log.close();
    const { length, newest } = await (await logs.open({ length: 100 })).bounds();
    expect(length).toBeLessThanOrEqual(100);
    expect(length).toBeGreaterThan(90);
    expect(logs.look('SELECT count(*) AS value FROM events')).toBe(length);
    expect(newest).toMatch(/-899$/);
  });
});
