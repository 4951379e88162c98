import { SqliteEventLog } from '../../src/events/log/sqlite/event-log.sqlite.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logger.js';
import { appendForever } from './append-forever.js';

const [, , file = ''] = process.argv;

await appendForever(
  new SqliteEventLog({
    file,
    length: 200_000,
    ringLength: 1000,
    clock: new SystemClock(),
    logger: createLogger({ service: 'test', level: 'silent', pretty: false }),
  }),
);
