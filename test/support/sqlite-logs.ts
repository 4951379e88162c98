import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteEventLog } from '../../src/events/log/sqlite/event-log.sqlite.js';
import { createLogger } from '../../src/kernel/logger.js';
import { spawnTracked } from './process/child.ts';
import { ManualClock } from './manual-clock.js';

const root = join(__dirname, '../..');

/** A directory for the files of one test, and what opens logs in it. */
export class SqliteLogs {
  readonly directory = mkdtempSync(join(tmpdir(), 'vx11-sqlite-'));
  readonly file = join(this.directory, 'data', 'events.sqlite');
  readonly clock = new ManualClock();
  /** What was logged: level and message. */
  readonly lines: string[] = [];
  private readonly opened: SqliteEventLog[] = [];

  async open(
    options: { file?: string; length?: number; ringLength?: number } = {},
  ): Promise<SqliteEventLog> {
    const log = new SqliteEventLog({
      file: this.file,
      length: 1000,
      ringLength: 100,
      clock: this.clock,
      logger: createLogger({
        service: 'test',
        level: 'info',
        pretty: false,
        destination: { write: (line) => void this.lines.push(summary(line)) },
      }),
      ...options,
    });
    this.opened.push(log);
    await log.open();
    return log;
  }

  /** What another connection finds in the file. */
  look(sql: string, file = this.file): unknown {
    return inDatabase(file, (db) => db.prepare(sql).get()?.value);
  }

  /** A process that runs `appendForever` on the file, started by a shell script. */
  spawnAppender(script = 'exec "$@"'): ChildProcess {
    const loader = ['--import', join(root, 'test/support/typescript.mjs')];
    const program = join(root, 'test/support/append-to-sqlite.ts');
    return spawnTracked(
      'sh',
      ['-c', script, 'sh', process.execPath, ...loader, program, this.file],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  }

  async remove(): Promise<void> {
    for (const log of this.opened) await log.close();
    rmSync(this.directory, { recursive: true });
  }
}

export function inDatabase<T>(file: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function summary(line: string): string {
  const { level, message } = JSON.parse(line) as { level: string; message: string };
  return `${level} ${message}`;
}
