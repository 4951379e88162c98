import { isNativeError } from 'node:util/types';

/** Primary result codes, https://www.sqlite.org/rescode.html. */
export const RESULT = {
  busy: 5,
  locked: 6,
  readonly: 8,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
} as const;

/** What is wrong, without the path of the file: for callers of the API. */
export function troubleOf(error: unknown): string {
  switch (resultCode(error)) {
    case RESULT.busy:
    case RESULT.locked:
      return 'the file is locked by another process';
    case RESULT.full:
      return 'no space is left on the disk';
    case RESULT.readonly:
    case RESULT.cantopen:
      return 'the file cannot be written';
    case RESULT.corrupt:
    case RESULT.notadb:
      return 'the file is damaged';
    default:
      return 'the disk reports an error';
  }
}

/** Whether the same connection works again when the cause has gone. */
export function isPassing(error: unknown): boolean {
  return [RESULT.busy, RESULT.locked, RESULT.full].some((code) => code === resultCode(error));
}

/** Whether the disk has no space left for a write. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === RESULT.full;
}

/** The extended code's low byte is the primary code; 0 when the error is not SQLite's. */
export function resultCode(error: unknown): number {
  return isNativeError(error) && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : 0;
}
