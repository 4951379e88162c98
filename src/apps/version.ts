import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The product's version, from the package.json above src/ and dist/ alike. */
export const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  }
).version;
