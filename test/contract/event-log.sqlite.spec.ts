import { DatabaseSync } from 'node:sqlite';
import { SqliteLogs } from '../support/sqlite-logs.js';
import type { EventLogAdapter, LogUnderTest } from './event-log.adapter.js';
import { describeEventLog } from './event-log.contract.js';

interface Subject extends LogUnderTest {
  readonly logs: SqliteLogs;
  readonly options: { readonly length: number; readonly ringLength: number };
  foreign?: DatabaseSync | undefined;
}

function sqlite(ringLength: number): EventLogAdapter<Subject> {
  return {
    async create(length) {
      const logs = new SqliteLogs();
      const options = { length, ringLength };
      return { logs, options, log: await logs.open(options) };
    },
    destroy: async ({ logs }) => logs.remove(),
    clock: {
      advance: ({ logs }, ms) => logs.clock.advance(ms),
      step: ({ logs }, ms) => logs.clock.step(ms),
    },
    async restart(subject) {
      await subject.log.close();
      subject.log = await subject.logs.open(subject.options);
    },
    outage: {
      begin(subject) {
        subject.foreign = new DatabaseSync(subject.logs.file);
        subject.foreign.exec('BEGIN IMMEDIATE');
      },
      end(subject) {
        subject.foreign?.close();
        subject.foreign = undefined;
      },
    },
    spawn: ({ logs }) => logs.spawnAppender(),
  };
}

describeEventLog('SQLite, reading from the ring', sqlite(50_000));
describeEventLog('SQLite, reading from the file', sqlite(1));
