// npm run ops:build: writes what is generated from ops/ and from the thresholds.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap, refuseArguments, root } from '../scripts/lib/bootstrap.mjs';

refuseArguments();
await bootstrap(import.meta.url);
await import('../test/support/typescript.mjs');
const { generatedFiles } = await import('./generated.ts');

for (const [file, text] of Object.entries(generatedFiles())) {
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${file}`);
}
