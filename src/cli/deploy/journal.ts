import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readInput } from '../files.js';

/** One step of a deployment and how it went. */
export interface Entry {
  readonly at: string;
  readonly what: string;
}

/** A deployment as it stands on the disk. */
export interface Deployment {
  readonly release: string;
  readonly namespace: string;
  readonly version: string;
  readonly startedAt: string;
  /** The revision before phase 1: what a rollback returns to. */
  readonly from: number;
  /** Phases that are done. */
  done: number;
  /** Process of the helm that runs now; it outlives a killed command. */
  helmPid?: number | undefined;
  status: 'running' | 'finished' | 'rolled-back' | 'rollback-failed';
  trigger?: { readonly name: string; readonly reason: string; readonly phase: number };
  /** Seconds from the moment the trigger was seen until the version before served again. */
  restoredAfterSec?: number;
  endedAt?: string;
  readonly log: Entry[];
}

/** Keeps one deployment in a file, so that it survives a kill -9 of the command. */
export class Journal {
  constructor(private readonly file: string) {}

  read(): Deployment | undefined {
    if (!existsSync(this.file)) return undefined;
    return readInput(this.file, (text) => JSON.parse(text) as Deployment);
  }

  /** All or nothing: a half-written file would be no journal. */
  write(deployment: Deployment): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, `${JSON.stringify(deployment, null, 2)}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}
