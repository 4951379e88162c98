import { isNativeError } from 'node:util/types';
import { StartRefusal } from '../../../kernel/start-refusal.js';

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The embedded event log cannot start; the message names the file and says what to do. */
export class EventLogFileError extends StartRefusal {
  constructor(file: string, what: string, cure: string, cause?: unknown) {
    super(`The event log ${file} ${what}. ${cure}`, cause === undefined ? undefined : { cause });
    this.name = 'EventLogFileError';
  }
}

export function startError(file: string, error: unknown): EventLogFileError {
  if (error instanceof EventLogFileError) return error;
  switch (resultCode(error)) {
    case BUSY:
    case LOCKED:
      return new EventLogFileError(
        file,
        'is in use by another process',
        'Stop that process, or give this one a VX11_DATA_DIR of its own. Set VX11_REDIS_URL for several instances that share one log.',
        error,
      );
    case CORRUPT:
    case NOTADB:
      return new EventLogFileError(
        file,
        'is damaged, or is not an SQLite file',
        'Replace it by a good copy. Or move it away, with the files of the same name that end in -wal and -shm: the log then starts empty.',
        error,
      );
    case FULL:
      return new EventLogFileError(
        file,
        'cannot be written: no space is left',
        'Free some space on the disk that holds VX11_DATA_DIR.',
        error,
      );
    default:
      return new EventLogFileError(
        file,
        `cannot be opened for writing (${isNativeError(error) ? error.message : String(error)})`,
        'VX11_DATA_DIR must be a directory on a working disk that the user of this process may write to.',
        error,
      );
  }
}

/** What is wrong, without the path of the file: for callers of the API. */
export function troubleOf(error: unknown): string {
  switch (resultCode(error)) {
    case BUSY:
    case LOCKED:
      return 'the file is locked by another process';
    case FULL:
      return 'no space is left on the disk';
    case READONLY:
    case CANTOPEN:
      return 'the file cannot be written';
    case CORRUPT:
    case NOTADB:
      return 'the file is damaged';
    default:
      return 'the disk reports an error';
  }
}

/** Whether the same connection works again when the cause has gone. */
export function isPassing(error: unknown): boolean {
  return [BUSY, LOCKED, FULL].includes(resultCode(error));
}

/** Whether the disk has no space left for a write. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === FULL;
}

/** The extended code's low byte is the primary code; 0 when the error is not SQLite's. */
function resultCode(error: unknown): number {
  return isNativeError(error) && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0;
}
