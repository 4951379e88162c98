import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { transformFile } from '@swc/core';

const bench = path.resolve(import.meta.dirname, '..');

/** Compiles the stock app with the project's own .swcrc into bench/.build. */
export async function buildStock() {
  const from = path.join(bench, 'baseline/stock-nest-sse');
  const to = path.join(bench, '.build/stock-nest-sse');
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    const { code } = await transformFile(path.join(from, file), {
      configFile: path.join(bench, '../.swcrc'),
    });
    writeFileSync(path.join(to, file.replace(/\.ts$/, '.js')), code);
  }
}
