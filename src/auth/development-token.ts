import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/config.js';
import { prepareDataDirectory } from '../config/data-directory.js';
import { StartRefusal } from '../kernel/start-refusal.js';

export interface DevelopmentToken {
  readonly token: string;
  readonly file: string;
  /** Whether this call made it. */
  readonly created: boolean;
}

/** The token's file cannot be made, for example because the disk is full. */
class DevelopmentTokenError extends StartRefusal {
  constructor(file: string, cause: Error) {
    super(
      `${file} cannot be made: ${cause.message}. Make room, or name another directory with VX11_DATA_DIR.`,
      { cause },
    );
    this.name = 'DevelopmentTokenError';
  }
}

/**
 * The random token in `<data dir>/<name>-token`, made by the first process that needs it;
 * an existing file is only read. Several processes that start at once all get the same
 * token: the file appears under its name only when it is complete.
 * @throws ConfigError when the file is empty or cannot be read, or the directory cannot be used
 * @throws DevelopmentTokenError when the file cannot be made
 */
export function developmentToken(dataDir: string, name: string): DevelopmentToken {
  const file = join(dataDir, `${name}-token`);
  if (existsSync(file)) return { token: read(file), file, created: false };
  prepareDataDirectory(dataDir);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  let created = true;
  try {
    writeFileSync(draft, randomBytes(32).toString('base64url'), { mode: 0o600 });
    linkSync(draft, file);
  } catch (error) {
    created = false;
    const cause = error as NodeJS.ErrnoException;
    if (cause.code !== 'EEXIST') throw new DevelopmentTokenError(file, cause);
  } finally {
    rmSync(draft, { force: true });
  }
  return { token: read(file), file, created };
}

function read(file: string): string {
  const [token, fault] = textOf(file);
  if (token) return token;
  throw new ConfigError([`${file} ${fault}: delete it, and the next start makes a token`]);
}

/** The trimmed text, and what is wrong when there is none. */
function textOf(file: string): [string, string] {
  try {
    return [readFileSync(file, 'utf8').trim(), 'is empty'];
  } catch (error) {
    return ['', `cannot be read (${(error as NodeJS.ErrnoException).code})`];
  }
}
