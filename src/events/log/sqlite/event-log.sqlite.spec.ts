import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newEvent, newEvents } from '../../../../test/support/new-event.js';
import { SqliteLogs } from '../../../../test/support/sqlite-logs.js';
import { EventFilter } from '../../../kernel/event-filter.js';
import { ORIGIN } from '../../position.js';
import { isBehindGap } from '../gap.js';

const MINUTES_10 = 10 * 60_000;

describe('SqliteEventLog', () => {
  let logs: SqliteLogs;
  beforeEach(() => {
    logs = new SqliteLogs();
  });
  afterEach(async () => logs.remove());

  it('commits the appends of one turn of the event loop together', async () => {
    const log = await logs.open();
    await Promise.all(Array.from({ length: 50 }, () => log.append(newEvents(2))));
    expect(logs.look('SELECT count(*) AS value FROM seen')).toBe(1);
    await log.append(newEvents(2));
    expect(logs.look('SELECT count(*) AS value FROM seen')).toBe(2);
  });

  it('answers, and emits on the tail, what another process can read already', async () => {
    const log = await logs.open();
    const found: unknown[] = [];
    log.tail.subscribe(() => found.push(logs.look('SELECT count(*) AS value FROM events')));
    for (const count of [1, 2, 3]) {
      await log.append(newEvents(1));
      expect(logs.look('SELECT count(*) AS value FROM events')).toBe(count);
    }
    expect(found).toEqual([1, 2, 3]);
  });

  it('leaves the database and an empty lock file after it is closed', async () => {
    const log = await logs.open();
    await log.append(newEvents(10));
    await log.close();
    expect(readdirSync(dirname(logs.file)).toSorted()).toEqual([
      'events.sqlite',
      'events.sqlite.lock',
    ]);
    expect(statSync(`${logs.file}.lock`).size).toBe(0);
  });

  it('has the right bounds after the process died without closing the file', async () => {
    const log = await logs.open({ length: 200 });
    for (let n = 0; n < 70; n += 1) await log.append(newEvents(7));
    const image = join(logs.directory, 'image.sqlite');
    // What a kill would leave behind.
    for (const suffix of ['', '-wal']) copyFileSync(`${logs.file}${suffix}`, `${image}${suffix}`);
    const other = await logs.open({ file: image, length: 200 });
    expect(await other.bounds()).toEqual(await log.bounds());
    expect((await other.read({ limit: 1000 })).events).toEqual(
      (await log.read({ limit: 1000 })).events,
    );
  });

  it('does not take a position of its newer self for its own after an older copy replaced it', async () => {
    const log = await logs.open();
    await log.append(newEvents(3));
    await log.close();
    const file = join(logs.directory, 'copy.sqlite');
    copyFileSync(logs.file, file);
    const newer = await logs.open();
    logs.clock.advance(1_000);
    const { positions } = await newer.append(newEvents(3));
    logs.clock.advance(1_000);
    for (let opening = 0; opening < 2; opening += 1) {
      const older = await logs.open({ file });
      await older.append(newEvents(3));
      const bounds = await older.bounds();
      for (const position of positions) expect(isBehindGap(position ?? ORIGIN, bounds)).toBe(true);
      for (const { position } of (await older.read({ limit: 10 })).events)
        expect(isBehindGap(position, bounds)).toBe(false);
      await older.close();
    }
  });

  it('keeps the 32 newest of the times when it was closed', async () => {
    for (let opening = 0; opening < 40; opening += 1) {
      const log = await logs.open();
      logs.clock.advance(1_000);
      await log.append(newEvents(1));
      expect((await log.bounds()).breaks).toHaveLength(Math.min(32, opening + 1));
      await log.close();
    }
    const { breaks, newest } = await (await logs.open()).bounds();
    expect(breaks).toHaveLength(32);
    expect(breaks[0]?.until).toBe(newest);
  });

  it('yields to the event loop while it loads the index of a long log', async () => {
    const log = await logs.open({ length: 10_000 });
    for (let n = 0; n < 20; n += 1) await log.append(newEvents(500));
    await log.close();
    let turns = 0;
    let isOpening = true;
    const turn = () => {
      turns += 1;
      if (isOpening) setImmediate(turn);
    };
    setImmediate(turn);
    const opened = await logs.open({ length: 10_000, ringLength: 1 });
    isOpening = false;
    expect(turns).toBeGreaterThanOrEqual(9);
    const filter = EventFilter.of({ module: ['nowhere'] });
    expect((await opened.read({ limit: 1, filter })).events).toEqual([]);
  });

  it('forgets ids that are older than ten minutes', async () => {
    const log = await logs.open();
    for (let n = 0; n < 1000; n += 1) await log.append([newEvent()]);
    logs.clock.advance(MINUTES_10);
    for (let n = 0; n < 1000; n += 1) await log.append([newEvent()]);
    // A thousand that are remembered, and less than one portion of forgetting.
    expect(logs.look('SELECT count(*) AS value FROM seen')).toBeLessThan(1000 + 256);
  });

  it('refuses appends while too many characters wait for their commit, and keeps those it accepted', async () => {
    const log = await logs.open();
    const large = () => ({ ...newEvent(), json: `{"x":"${'x'.repeat(1024 * 1024)}"}` });
    const appends = Array.from({ length: 70 }, () => log.append([large()]));
    const results = await Promise.allSettled(appends);
    const taken = results.filter(({ status }) => status === 'fulfilled').length;
    expect(taken).toBe(64);
    await expect(appends[69]).rejects.toMatchObject({ code: 'event_log_unavailable' });
    expect((await log.bounds()).length).toBe(64);
    await log.append([newEvent()]);
  });
});
