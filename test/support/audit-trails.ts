import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditKey } from '../../src/audit/audit-key.js';
import { AuditMetrics } from '../../src/audit/audit-metrics.js';
import type { AuditStore } from '../../src/audit/audit-store.js';
import { SqliteAuditStore } from '../../src/audit/audit-store.sqlite.js';
import { ChainedAuditTrail } from '../../src/audit/chained-audit-trail.js';
import { ChainVerifier, type VerificationReport } from '../../src/audit/chain-verifier.js';
import type { Clock } from '../../src/kernel/clock.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logger.js';

export const AUDIT_KEY = new AuditKey('the key of the tests');
const logger = createLogger({ service: 'test', level: 'silent', pretty: false });

export class AuditCounts extends AuditMetrics {
  readonly totals = { written: 0, summed: 0, failed: 0, lost: 0, waiting: 0, size: 0 };
  override written = (entries: number) => void (this.totals.written += entries);
  override summed = () => void (this.totals.summed += 1);
  override failed = () => void (this.totals.failed += 1);
  override lost = (entries: number) => void (this.totals.lost += entries);
  override waiting = (entries: number) => void (this.totals.waiting = entries);
  override size = (entries: number) => void (this.totals.size = entries);
}

export function trailOn(
  store: AuditStore,
  clock: Clock = new SystemClock(),
  metrics: AuditMetrics = new AuditCounts(),
): ChainedAuditTrail {
  return new ChainedAuditTrail(store, { key: AUDIT_KEY, form: 'full' }, metrics, clock, logger);
}

/** A store in a file of its own; the caller removes the directory. */
export function newSqliteStore(directory = newDirectory()): {
  directory: string;
  file: string;
  store: SqliteAuditStore;
  remove: () => void;
} {
  const file = join(directory, 'audit.sqlite');
  return {
    directory,
    file,
    store: new SqliteAuditStore({ file, logger }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'vx11-audit-'));
}

/** Every entry as an export has it. */
export async function exported(store: Pick<AuditStore, 'scan'>): Promise<object[]> {
  const all: object[] = [];
  for (let after: string | undefined; ;) {
    const { lines, next } = await store.scan(after, 1000);
    for (const { position, hash, text } of lines) {
      all.push({ position, hash, ...(JSON.parse(text) as object) });
    }
    if (next === undefined) return all;
    after = next;
  }
}

export function verify(
  entries: readonly object[],
  options: ConstructorParameters<typeof ChainVerifier>[0] = {},
): VerificationReport {
  const verifier = new ChainVerifier(options);
  for (const entry of entries) verifier.add(entry);
  return verifier.finish();
}
