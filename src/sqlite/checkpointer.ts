import { Worker } from 'node:worker_threads';

const MIB = 1024 * 1024;
const PAGE = 4096;

export interface CheckpointLimits {
  /** Growth of the write-ahead log, in bytes, after which it is moved into the database. */
  readonly growth: number;
  /** Bytes of the write-ahead log above which the writer waits for the checkpoint. */
  readonly most: number;
}

const LIMITS: CheckpointLimits = { growth: 4 * MIB, most: 32 * MIB };

/**
 * Source text, because a worker cannot load a TypeScript file under Jest. It opens the file
 * for each checkpoint, because the file may have been replaced.
 */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
parentPort.on('message', () => {
  let db;
  try {
    db = new DatabaseSync(workerData, { timeout: 1000 });
    parentPort.postMessage({ pages: db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get().log });
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  } finally {
    db?.close();
  }
});`;

interface Reply {
  readonly pages?: number;
  readonly error?: string;
}

/**
 * Checkpoints off the main thread: their two fsyncs take milliseconds on a good
 * disk and much more on a bad one, and would stop every stream meanwhile.
 *
 * A passive checkpoint does not block the writer. But SQLite reuses the write-ahead log only
 * after a checkpoint has reached its end, which never happens under constant load. So once
 * the log is long, `holding` makes the writer wait for the next checkpoint, and the log
 * stays bounded.
 */
export class SqliteCheckpointer {
  holding = false;
  private worker: Worker | undefined;
  private running = false;
  private grown = 0;
  private long = false;

  constructor(
    private readonly file: string,
    /** `holding` has ended. */
    private readonly resume: () => void,
    private readonly complain: (message: string) => void,
    private readonly limits = LIMITS,
  ) {}

  /** @param bytes about how much the write-ahead log has grown */
  grew(bytes: number): void {
    this.grown += bytes;
    if (this.running) {
      this.holding = this.grown >= this.limits.most;
    } else if (this.grown >= this.limits.growth) {
      this.grown = 0;
      this.running = true;
      this.holding = this.long;
      this.worker ??= this.start();
      // Appends may wait for the answer: the process must not end meanwhile.
      this.worker.ref();
      this.worker.postMessage('checkpoint');
    }
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(WORKER, { eval: true, workerData: this.file, execArgv: [] });
    worker.on('message', (reply: Reply) => this.finish(reply));
    worker.on('error', (error: Error) => {
      this.worker = undefined;
      this.finish({ error: error.message });
    });
    return worker;
  }

  private finish({ pages, error }: Reply): void {
    this.worker?.unref();
    if (error !== undefined) this.complain(error);
    this.long = pages !== undefined && pages * PAGE > this.limits.most;
    this.running = false;
    this.holding = false;
    this.resume();
  }
}
