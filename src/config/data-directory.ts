import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config.js';

/** What the processes keep in the directory: databases, tokens and keys, revocations. */
const OURS = /\.sqlite(?:-wal|-shm|\.lock)?$|-token$|^(?:revoked|managed-principals)\.json$/;
/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

/** Why a directory cannot be used, by the code of the system's error. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOTDIR: 'is not a directory, or lies below a file',
  EEXIST: 'is not a directory',
  EACCES: 'cannot be written by the user of this process',
  EPERM: 'cannot be written by the user of this process',
  EROFS: 'lies on a file system that is read-only',
  ENOENT: 'cannot be made where it should be',
};

/**
 * Makes `VX11_DATA_DIR` for this user only, checks that files can be made in it, and takes
 * the rights of other users off the files that are there: an older version or a copy may
 * have left them readable. Files with other names stay as they are, because the directory
 * may have been there before.
 * @throws ConfigError when the directory cannot be used
 */
export function prepareDataDirectory(directory: string): void {
  const trial = join(directory, `.trial-${process.pid}`);
  try {
    makeDirectory(directory);
    writeFileSync(trial, '', { mode: 0o600 });
    rmSync(trial);
    for (const name of readdirSync(directory)) if (OURS.test(name)) tighten(join(directory, name));
  } catch (error) {
    const fault = FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    // A full or broken disk is no fault of the configuration; the event log reports it.
    if (fault === undefined) return;
    throw new ConfigError([
      `VX11_DATA_DIR (${directory}) ${fault}. Name a directory that the user of this process may write to`,
    ]);
  }
}

/**
 * `mkdirSync` with `recursive` never ends where the parent exists and nothing can be made
 * in it, as in /proc: Node makes the parent again and again.
 */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || statSync(parent, { throwIfNoEntry: false })) throw error;
    makeDirectory(parent);
    mkdirSync(directory, { mode: 0o700 });
  }
}

function tighten(file: string): void {
  const info = statSync(file, { throwIfNoEntry: false });
  if (info?.isFile() === true && (info.mode & OTHERS) !== 0) chmodSync(file, info.mode & ~OTHERS);
}
