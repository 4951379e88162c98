import { newId } from '../kernel/ids.js';
import { objectIn } from '../kernel/json.js';
import type { RedisArgument, RedisClient } from '../redis/client.js';
import { LuaScript } from '../redis/lua-script.js';
import { fieldsOf, type StreamEntry } from '../redis/stream-entry.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import {
  AuditStore,
  AuditStoreUnavailable,
  ChainBehind,
  ChainTaken,
  MOST_TRIMMED,
  type AuditPage,
  type AuditQuery,
  type Batch,
  type Leftover,
  type Opened,
  type AuditLine,
  type AuditRecord,
  type AuditScan,
  type Trimmed,
} from './audit-store.js';
import { GENESIS, type ChainedEntry, type Draft } from './chain.js';
import { headsOf, matches, SCANNED } from './scan.js';

/** A writer that has not renewed its entry for this many milliseconds counts as gone. */
const GONE_MS = 90_000;
/** How far the clock of an instance may be ahead of that of Redis, milliseconds. */
const AHEAD_MS = 120_000;
/** Entries of one read, so that no reply is large. */
const PART = 1_000;

const APPEND = LuaScript.load(import.meta.url, 'append-audit.lua');

/**
 * The trail of all instances: one Redis stream. Each start of an instance begins a chain of
 * its own. When an instance has gone, another one writes its sums and records its end.
 */
export class RedisAuditStore extends AuditStore {
  private readonly entries: string;
  private readonly writers: string;
  private chain = '';

  constructor(private readonly redis: RedisClient) {
    super();
    this.entries = redis.key('audit', 'entries');
    this.writers = redis.key('audit', 'writers');
  }

  async open(): Promise<Opened> {
    this.chain = newId('k');
    return { head: { chain: this.chain, seq: 0, hash: GENESIS }, sums: [] };
  }

  async newest(): Promise<AuditRecord | undefined> {
    const [line] = await this.redis.whenAnswering('to open the audit trail', () =>
      this.readLines('XREVRANGE', '+', '-', 1),
    );
    return line && recordsOf([line])[0];
  }

  async append({ entries, sums, finished, adopts = '' }: Batch): Promise<void> {
    const { chain } = this;
    const keys = [
      this.entries,
      this.key('chain', chain),
      this.key('sums', chain),
      this.writers,
      this.key('sums', adopts || chain),
      this.key('chain', adopts || chain),
    ];
    const args: RedisArgument[] = [
      chain,
      entries[0]?.entry.seq ?? 0,
      entries.length,
      ...entries.flatMap(({ text, hash }) => [text, hash]),
      finished.length,
      ...finished,
      sums.length,
      ...sums.flatMap(({ key, draft }) => [key, JSON.stringify(draft)]),
      adopts,
    ];
    const [outcome, seq] = (await guarded(this.redis.run(APPEND, keys, args))) as [string, number?];
    if (outcome === 'behind') throw new ChainBehind(Number(seq));
    if (outcome === 'taken' || outcome === 'gone') throw new ChainTaken(outcome === 'taken');
  }

  async list(query: AuditQuery, before: string | undefined, limit: number): Promise<AuditPage> {
    const records: AuditRecord[] = [];
    const start = query.since === undefined ? '-' : String(Math.max(0, query.since - AHEAD_MS));
    let cursor = before;
    for (let seen = 0; seen < SCANNED; seen += PART) {
      // Not from `until`: an entry may be written long after its action.
      const from = cursor === undefined ? '+' : `(${cursor}`;
      const part = await this.lines('XREVRANGE', from, start, PART);
      for (const record of recordsOf(part)) {
        if (matches(record.entry, query)) records.push(record);
        if (records.length === limit) return { records, next: record.position };
      }
      cursor = part.at(-1)?.position;
      if (part.length < PART) return { records, next: undefined };
    }
    return { records, next: cursor };
  }

  async scan(after: string | undefined, limit: number): Promise<AuditScan> {
    const from = after === undefined ? '-' : `(${after}`;
    const lines = await this.lines('XRANGE', from, '+', limit);
    return { lines, next: lines.length === limit ? lines.at(-1)?.position : undefined };
  }

  async leftovers(): Promise<readonly Leftover[]> {
    const [seconds] = (await this.send('TIME', [])) as [string];
    const now = Number(seconds) * 1000;
    await this.send('ZADD', [this.writers, now, this.chain]);
    const gone = (await this.send('ZRANGEBYSCORE', [
      this.writers,
      '-inf',
      now - GONE_MS,
    ])) as string[];
    return Promise.all(
      gone.map(async (chain) => {
        const [seq, hash] = (await this.send('HMGET', [
          this.key('chain', chain),
          'seq',
          'hash',
        ])) as (string | null)[];
        const sums = (await this.send('HVALS', [this.key('sums', chain)])) as string[];
        return {
          head: { chain, seq: Number(seq) || 0, hash: hash ?? GENESIS },
          sums: sums.flatMap((text) => (objectIn(text) as Draft | undefined) ?? []),
        };
      }),
    );
  }

  async excess(before: number, most: number): Promise<Trimmed> {
    const total = await this.size();
    const surplus = Math.min(total - most, MOST_TRIMMED);
    const old = await this.lines('XRANGE', '-', `(${Math.max(0, before)}`, MOST_TRIMMED);
    const over = surplus > old.length ? await this.lines('XRANGE', '-', '+', surplus) : old;
    // The newest entry stays: the next one is linked to it.
    const removed = over.length === total ? over.slice(0, -1) : over;
    return {
      count: removed.length,
      position: removed.at(-1)?.position ?? '',
      through: headsOf(recordsOf(removed)),
    };
  }

  async trim({ position }: Trimmed): Promise<void> {
    const [ms, seq] = position.split('-') as [string, string];
    await this.send('XTRIM', [this.entries, 'MINID', `${ms}-${BigInt(seq) + 1n}`]);
  }

  async size(): Promise<number> {
    return Number(await this.send('XLEN', [this.entries]));
  }

  async close(): Promise<void> {
    // Counts as gone at once, so that another instance adopts its last sums without waiting
    // GONE_MS.
    await this.send('ZADD', [this.writers, 0, this.chain]);
  }

  private lines(...args: Parameters<RedisAuditStore['readLines']>): Promise<AuditLine[]> {
    return guarded(this.readLines(...args));
  }

  /** @throws RedisUnavailable */
  private async readLines(
    command: 'XRANGE' | 'XREVRANGE',
    from: string,
    to: string,
    count: number,
  ): Promise<AuditLine[]> {
    const args = [this.entries, from, to, 'COUNT', count];
    const rows = (await this.redis.send(command, args)) as StreamEntry[];
    return rows.map((row) => {
      const { t: text = '{}', h: hash = '' } = fieldsOf(row);
      return { text, hash, position: row[0] };
    });
  }

  private key(kind: string, chain: string): string {
    return this.redis.key('audit', kind, chain);
  }

  private send(command: string, args: readonly RedisArgument[]): Promise<unknown> {
    return guarded(this.redis.send(command, args));
  }
}

/** Without lines that are damaged: only the export has them, and `vx11 audit verify` names them. */
function recordsOf(lines: readonly AuditLine[]): AuditRecord[] {
  return lines.flatMap((line) => {
    const entry = objectIn(line.text) as ChainedEntry | undefined;
    return entry === undefined ? [] : { ...line, entry };
  });
}

/** @throws AuditStoreUnavailable for RedisUnavailable */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RedisUnavailable)) throw error;
    throw new AuditStoreUnavailable('Redis does not answer', error);
  }
}
