import { AuditKey } from '../../src/audit/audit-key.js';
import { SqliteAuditStore } from '../../src/audit/audit-store.sqlite.js';
import { AuditMetrics } from '../../src/audit/audit-metrics.js';
import { ChainedAuditTrail } from '../../src/audit/chained-audit-trail.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logger.js';

/*
 * The whole of a child process: records entries, singly and in sums, and writes one line
 * for each group that the trail has answered, until it is killed. A pipe is written
 * synchronously, so what was said before the kill is heard.
 */
class NoMetrics extends AuditMetrics {
  override written = () => undefined;
  override summed = () => undefined;
  override failed = () => undefined;
  override lost = () => undefined;
  override waiting = () => undefined;
  override size = () => undefined;
}

const [, , file = ''] = process.argv;
const logger = createLogger({ service: 'test', level: 'silent', pretty: false });
const trail = new ChainedAuditTrail(
  new SqliteAuditStore({ file, logger }),
  { key: new AuditKey('the key of the tests'), form: 'full' },
  new NoMetrics(),
  new SystemClock(),
  logger,
);
await trail.open();
for (let first = 0; ; first += 50) {
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      index % 10 === 9
        ? trail.record({ action: 'token.issued', actor: 'ana' })
        : trail.record({
            action: 'principal.changed',
            actor: 'admin',
            subject: `${first + index}`,
          }),
    ),
  );
  process.stdout.write(`${first + 50}\n`);
}
