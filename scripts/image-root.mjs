// node scripts/image-root.mjs [--panel] DIRECTORY: the files of an image; images/Dockerfile
// runs it in its first stage.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bootstrap, giveUp, root, Stop } from './lib/bootstrap.mjs';

const args = process.argv.slice(2);
const panel = args[0] === '--panel';
const target = args[panel ? 1 : 0];
await bootstrap(import.meta.url, { build: true });
try {
  if (!target) throw new Stop('Name a directory: node scripts/image-root.mjs [--panel] DIRECTORY');
  const { fillNodeRoot, fillPanelRoot } = await import('./lib/image-root.mjs');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (panel) fillPanelRoot(root, resolve(target), version);
  else fillNodeRoot(root, resolve(target));
} catch (error) {
  giveUp(error);
}
