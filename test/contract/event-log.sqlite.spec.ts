import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteEventLog } from '../../src/events/event-log.sqlite.js';
import { createLogger } from '../../src/kernel/logger.js';
import { ManualClock } from '../support/manual-clock.js';
import type { EventLogAdapter, LogUnderTest } from './event-log.adapter.js';
import { describeEventLog } from './event-log.contract.js';

interface Subject extends LogUnderTest {
  readonly clock: ManualClock;
  readonly directory: string;
  readonly open: () => Promise<SqliteEventLog>;
  foreign?: DatabaseSync | undefined;
}

const logger = createLogger({ service: 'test', level: 'silent', pretty: false });
const root = join(__dirname, '../..');

function sqlite(ringLength: number): EventLogAdapter<Subject> {
  return {
    async create(capacity) {
      const clock = new ManualClock();
      const directory = mkdtempSync(join(tmpdir(), 'vx11-event-log-'));
      const file = join(directory, 'events.sqlite');
      const open = async () => {
        const log = new SqliteEventLog({
          file,
          length: capacity,
          ringLength,
          clock,
          logger,
        });
        await log.open();
        return log;
      };
      return { log: await open(), clock, directory, open };
    },
    async destroy({ log, directory }) {
      await log.close();
      rmSync(directory, { recursive: true });
    },
    clock: {
      advance: ({ clock }, ms) => clock.advance(ms),
      step: ({ clock }, ms) => clock.step(ms),
    },
    async restart(subject) {
      await subject.log.close();
      subject.log = await subject.open();
    },
    outage: {
      begin(subject) {
        subject.foreign = new DatabaseSync(join(subject.directory, 'events.sqlite'));
        subject.foreign.exec('BEGIN IMMEDIATE');
      },
      end(subject) {
        subject.foreign?.close();
        subject.foreign = undefined;
      },
    },
    spawn: ({ directory }) =>
      spawn(
        process.execPath,
        [
          '--import',
          join(root, 'test/support/typescript.mjs'),
          join(root, 'test/support/append-to-sqlite.ts'),
          join(directory, 'events.sqlite'),
        ],
        { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
      ),
  };
}

describeEventLog('SQLite, reading from the ring', sqlite(50_000));
describeEventLog('SQLite, reading from the file', sqlite(1));
