import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expectKept, reportsOf } from '../../test/contract/event-log.killing.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { newEvent, newEvents } from '../../test/support/new-event.js';
import { createLogger } from '../kernel/logger.js';
import { SqliteEventLog } from './event-log.sqlite.js';

const root = join(__dirname, '../..');
const MINUTES_10 = 10 * 60_000;

describe('SqliteEventLog', () => {
  let directory: string;
  let file: string;
  let clock: ManualClock;
  let opened: SqliteEventLog[];
  let lines: string[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vx11-sqlite-'));
    file = join(directory, 'data', 'events.sqlite');
    clock = new ManualClock();
    opened = [];
    lines = [];
  });

  afterEach(async () => {
    for (const log of opened) await log.close();
    rmSync(directory, { recursive: true });
  });

  const logger = createLogger({
    service: 'test',
    level: 'info',
    pretty: false,
    destination: {
      write(line) {
        const { level, message } = JSON.parse(line) as { level: string; message: string };
        lines.push(`${level} ${message}`);
      },
    },
  });

  async function open(options: { file?: string; length?: number } = {}): Promise<SqliteEventLog> {
    const log = new SqliteEventLog({
      file,
      length: 1000,
      ringLength: 100,
      clock,
      logger,
      ...options,
    });
    opened.push(log);
    await log.open();
    return log;
  }

  /** What another connection finds in the file. */
  function look(sql: string): unknown {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return db.prepare(sql).get()?.value;
    } finally {
      db.close();
    }
  }

  describe('at the start', () => {
    it('makes the directory, for its user only, and the file', async () => {
      await open();
      expect(statSync(join(directory, 'data')).mode & 0o777).toBe(0o700);
      expect(look('SELECT count(*) AS value FROM events')).toBe(0);
    });

    it('refuses a file that another instance has open, and takes it once that one has ended', async () => {
      const first = await open();
      await first.append(newEvents(3));
      await expect(open()).rejects.toThrow(
        `The event log ${file} is in use by another process. Stop that process, or give this one a VX11_DATA_DIR of its own.`,
      );
      await first.append(newEvents(3));
      await first.close();
      expect((await (await open()).bounds()).length).toBe(6);
    });

    it('refuses a file that another process has open, and takes it once that one was killed', async () => {
      const child = appender(file);
      const ended = once(child, 'close');
      try {
        await reportsOf(child).until(({ answered }) => answered.size > 0);
        await expect(open()).rejects.toThrow('is in use by another process');
      } finally {
        child.kill('SIGKILL');
      }
      await ended;
      expect((await (await open()).bounds()).length).toBeGreaterThan(0);
    });

    it.each<[string, (path: string) => void, string]>([
      [
        'is no database',
        (path) => writeFileSync(path, 'no database\n'.repeat(1000)),
        'is damaged, or is no SQLite file. Put a good copy in its place, or move it',
      ],
      [
        'belongs to another program',
        (path) => inDatabase(path, 'CREATE TABLE theirs (x)'),
        'belongs to another program. Move it away, or set VX11_DATA_DIR',
      ],
      [
        'was written by a newer version',
        (path) => inDatabase(path, 'PRAGMA application_id = 0x56583131; PRAGMA user_version = 2'),
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
      const path = join(directory, 'events.sqlite');
      prepare(path);
      await expect(open({ file: path })).rejects.toThrow(`The event log ${path} ${message}`);
      for (const db of held.splice(0)) db.close();
    });
    const held: DatabaseSync[] = [];

    it('says what to do when there can be no such file', async () => {
      writeFileSync(join(directory, 'data'), 'a file where a directory is needed');
      await expect(open()).rejects.toThrow(
        /The event log .*events\.sqlite cannot be opened for writing \(.*\)\. VX11_DATA_DIR must be a directory/,
      );
    });

    it('leaves a file that it refused as it was', async () => {
      const path = join(directory, 'events.sqlite');
      inDatabase(path, 'CREATE TABLE theirs (x); INSERT INTO theirs VALUES (7)');
      await expect(open({ file: path })).rejects.toThrow('belongs to another program');
      file = path;
      expect(look('SELECT x AS value FROM theirs')).toBe(7);
      expect(look('SELECT journal_mode AS value FROM pragma_journal_mode')).toBe('delete');
    });

    it('removes at once what is above a smaller length', async () => {
      const log = await open();
      await log.append(newEvents(900));
      await log.close();
      const { length, newest } = await (await open({ length: 100 })).bounds();
      expect(length).toBeLessThanOrEqual(100);
      expect(length).toBeGreaterThan(90);
      expect(look('SELECT count(*) AS value FROM events')).toBe(length);
      expect(newest).toMatch(/-899$/);
    });
  });

  it('commits the appends of one turn of the event loop together', async () => {
    const log = await open();
    await Promise.all(Array.from({ length: 50 }, () => log.append(newEvents(2))));
    expect(look('SELECT count(*) AS value FROM seen')).toBe(1);
    await log.append(newEvents(2));
    expect(look('SELECT count(*) AS value FROM seen')).toBe(2);
  });

  it('answers, and emits on the tail, what another process can read already', async () => {
    const log = await open();
    const found: unknown[] = [];
    log.tail.subscribe(() => found.push(look('SELECT count(*) AS value FROM events')));
    for (const count of [1, 2, 3]) {
      await log.append(newEvents(1));
      expect(look('SELECT count(*) AS value FROM events')).toBe(count);
    }
    expect(found).toEqual([1, 2, 3]);
  });

  it('leaves one file behind, and an empty one that was the lock', async () => {
    const log = await open();
    await log.append(newEvents(10));
    await log.close();
    expect(readdirSync(join(directory, 'data')).toSorted()).toEqual([
      'events.sqlite',
      'events.sqlite.lock',
    ]);
    expect(statSync(`${file}.lock`).size).toBe(0);
  });

  it('forgets ids that are older than ten minutes', async () => {
    const log = await open();
    for (let n = 0; n < 1000; n += 1) await log.append([newEvent()]);
    clock.advance(MINUTES_10);
    for (let n = 0; n < 1000; n += 1) await log.append([newEvent()]);
    // A thousand that are remembered, and less than one portion of forgetting.
    expect(look('SELECT count(*) AS value FROM seen')).toBeLessThan(1000 + 256);
  });

  it('refuses appends when too much waits already, and keeps what it took', async () => {
    const log = await open();
    const large = () => ({ ...newEvent(), json: `{"x":"${'x'.repeat(1024 * 1024)}"}` });
    const appends = Array.from({ length: 70 }, () => log.append([large()]));
    const results = await Promise.allSettled(appends);
    const taken = results.filter(({ status }) => status === 'fulfilled').length;
    expect(taken).toBe(64);
    await expect(appends[69]).rejects.toMatchObject({ code: 'event_log_unavailable' });
    expect((await log.bounds()).length).toBe(64);
    await log.append([newEvent()]);
  });

  describe('when the disk fails', () => {
    it('says so once in the log, and once when it works again', async () => {
      const log = await open();
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      for (let n = 0; n < 3; n += 1) {
        await expect(log.append(newEvents(1))).rejects.toMatchObject({
          detail:
            'The event log cannot do this now: the file is locked by another process. Nothing was taken; try again later.',
        });
      }
      other.close();
      await log.append(newEvents(1));
      await log.append(newEvents(1));
      expect(lines).toEqual([
        'error event log: the file is locked by another process',
        'info event log: works again',
      ]);
    });

    it('opens the file again, at most every 250 ms, and goes on with greater positions', async () => {
      const log = await open();
      const before = await log.append(newEvents(10));
      // As if somebody had put another file in its place.
      inDatabase(file, 'DROP TABLE events');
      clock.advance(1000);
      await expect(log.append(newEvents(1))).rejects.toMatchObject({
        code: 'event_log_unavailable',
      });
      const after = await log.append(newEvents(1));
      expect(Number(after.positions[0]?.split('-')[0])).toBeGreaterThan(
        Number(before.positions[0]?.split('-')[0]),
      );
      inDatabase(file, 'DROP TABLE events');
      await expect(log.append(newEvents(1))).rejects.toBeDefined();
      await expect(log.read({ limit: 1 })).rejects.toMatchObject({ code: 'event_log_unavailable' });
      clock.advance(250);
      expect(await log.read({ limit: 10 })).toMatchObject({ events: [] });
    });

    it('loses nothing when writes fail for real: a limit on the size of files, again and again', async () => {
      // In blocks of 512 bytes: 2 MiB, which the write-ahead log reaches soon.
      const child = appender(file, 'ulimit -f 4096; exec "$@"');
      const ended = once(child, 'close');
      const reports = reportsOf(child);
      try {
        await reports.until(({ refused }) => refused.size > 0);
        const answered = reports.answered.size;
        await reports.until((now) => now.answered.size >= answered + 50);
      } finally {
        child.kill('SIGKILL');
      }
      await ended;
      expect(new Set(reports.refused.values())).toEqual(new Set(['event_log_unavailable']));
      await expectKept(await open({ length: 200_000 }), reports, 0);
    }, 60_000);
  });
});

/** A process that runs `appendForever` on the file, started by a shell script. */
function appender(file: string, script = 'exec "$@"'): ChildProcess {
  const loader = ['--import', join(root, 'test/support/typescript.mjs')];
  const program = [
    process.execPath,
    ...loader,
    join(root, 'test/support/append-to-sqlite.ts'),
    file,
  ];
  return spawn('sh', ['-c', script, 'sh', ...program], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function inDatabase(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}
