import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { expectKept, reportsOf } from '../../../../test/contract/event-log.killing.js';
import { newEvents } from '../../../../test/support/new-event.js';
import { inDatabase, SqliteLogs } from '../../../../test/support/sqlite-logs.js';

describe('SqliteEventLog, when the disk fails', () => {
  let logs: SqliteLogs;
  beforeEach(() => {
    logs = new SqliteLogs();
  });
  afterEach(async () => logs.remove());

  it('logs a failure once, and once that the file works again', async () => {
    const log = await logs.open();
    const other = new DatabaseSync(logs.file);
    other.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < 3; n += 1) {
      await expect(log.append(newEvents(1))).rejects.toMatchObject({
        detail:
          'The event log is unavailable: the file is locked by another process. No event was kept. Send the request again after the time in Retry-After.',
      });
    }
    other.close();
    await log.append(newEvents(1));
    await log.append(newEvents(1));
    expect(logs.lines).toEqual([
      'error event log: the file is locked by another process',
      'info event log: works again',
    ]);
  });

  it('opens the file again, at most every 250 ms, and goes on with greater positions', async () => {
    const log = await logs.open();
    const before = await log.append(newEvents(10));
    // As if somebody had put another file in its place.
    inDatabase(logs.file, (db) => db.exec('DROP TABLE events'));
    logs.clock.advance(1000);
    await expect(log.append(newEvents(1))).rejects.toMatchObject({
      code: 'event_log_unavailable',
    });
    const after = await log.append(newEvents(1));
    expect(Number(after.positions[0]?.split('-')[0])).toBeGreaterThan(
      Number(before.positions[0]?.split('-')[0]),
    );
    inDatabase(logs.file, (db) => db.exec('DROP TABLE events'));
    await expect(log.append(newEvents(1))).rejects.toBeDefined();
    await expect(log.read({ limit: 1 })).rejects.toMatchObject({ code: 'event_log_unavailable' });
    logs.clock.advance(250);
    expect(await log.read({ limit: 10 })).toMatchObject({ events: [] });
  });

  it('loses nothing when writes fail again and again at a limit on the size of files', async () => {
    // In blocks of 512 bytes: 2 MiB, which the write-ahead log reaches soon.
    const child = logs.spawnAppender('ulimit -f 4096; exec "$@"');
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
    await expectKept(await logs.open({ length: 200_000 }), reports, 0);
  }, 60_000);
});
