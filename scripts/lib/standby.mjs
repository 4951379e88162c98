// A process in reserve: `node standby.mjs <entry> [args]` loads the packages that the
// program uses, says `ready`, and runs the program when its parent says so.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesOf } from './restart-on-change.mjs';

const PACKAGE = /\b(?:from|import) '([@a-z][\w@./:-]*)'/g;

const [node, , entry, ...args] = process.argv;
// Listened to from the start: a message without a listener would be lost.
const told = once(process, 'message');
const dist = dirname(entry);
const packages = new Set();
for (const file of filesOf(dist, entry.slice(dist.length + 1))) {
  for (const [, name] of readFileSync(join(dist, file), 'utf8').matchAll(PACKAGE)) {
    packages.add(name);
  }
}
for (const name of packages) {
  // One after the other: a CommonJS package may require a module that is half loaded. The
  // pattern may find a word in a text, and the program says itself what it cannot import.
  await Promise.allSettled([import(name)]);
}
// follow-parent.mjs lets the channel keep nothing alive, and nothing else does yet.
process.channel.ref();
process.send('ready');
await told;
process.channel.unref();
process.argv = [node, resolve(entry), ...args];
await import(pathToFileURL(entry).href);
