// Every optional package of other systems must stand in package-lock.json, or
// `npm ci` refuses it. npm leaves out those that the registry at hand (a mirror,
// say) does not offer. `node scripts/lockfile.mjs` adds them: their exact version is
// known from the package that asks for them, their integrity is not, so npm fills
// it in when it first sees them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/bootstrap.mjs';
import { completeLock } from './lib/lockfile.mjs';

const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = completeLock(lock);
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length > 0 ? `Added:\n${added.join('\n')}` : 'package-lock.json is complete.');
