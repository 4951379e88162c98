import { isNativeError } from 'node:util/types';
import { StartRefusal } from '../../../kernel/start-refusal.js';
import { RESULT, resultCode } from '../../../sqlite/errors.js';

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
    case RESULT.busy:
    case RESULT.locked:
      return new EventLogFileError(
        file,
        'is in use by another process',
        'Stop that process, or give this one a VX11_DATA_DIR of its own. Set VX11_REDIS_URL for several instances that share one log.',
        error,
      );
    case RESULT.corrupt:
    case RESULT.notadb:
      return new EventLogFileError(
        file,
        'is damaged, or is not an SQLite file',
        'Replace it by a good copy. Or move it away, with the files of the same name that end in -wal and -shm: the log then starts empty.',
        error,
      );
    case RESULT.full:
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
