import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DevelopmentToken {
  readonly token: string;
  readonly file: string;
  /** It was made by this call. */
  readonly created: boolean;
}

/**
 * The random token in `<data dir>/<name>-token`, made by whoever asks first.
 * Of several processes that start at once all get the same one: the file
 * appears under its name only when it is complete.
 */
export function developmentToken(dataDir: string, name: string): DevelopmentToken {
  const file = join(dataDir, `${name}-token`);
  mkdirSync(dataDir, { recursive: true });
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
  return readFileSync(file, 'utf8').trim();
}
