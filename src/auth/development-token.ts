import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/config.js';
import { prepareDataDirectory } from '../config/data-directory.js';

export interface DevelopmentToken {
  readonly token: string;
  readonly file: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

/**
 * The random token in `<data dir>/<name>-token`, made by the first process that needs it;
 * an existing file is only read. Several processes that start at once all get the same
 * token: the file appears under its name only when it is complete.
 * @throws ConfigError when the file is empty, or cannot be made
 */
export function developmentToken(dataDir: string, name: string): DevelopmentToken {
  const file = join(dataDir, `${name}-token`);
  if (existsSync(file)) return { token: read(file), file, created: false };
  prepareDataDirectory(dataDir);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, randomBytes(32).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return { token: read(file), file, created: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { token: read(file), file, created: false };
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): string {
  const token = readFileSync(file, 'utf8').trim();
  if (token === '')
    throw new ConfigError([`${file} is empty: delete it, and the next start makes a token`]);
  return token;
}
