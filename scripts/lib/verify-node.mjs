import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUnwritable, Stop } from './stop.mjs';

const NODE = 'node_modules/node/bin/node';
/** What was verified last: the hash, and what shows that the file is still the same. */
const RECORD = 'node_modules/.vx11-node';

/** SHA-256 of the executables: version → platform-processor → hash. */
export const pinnedBinaries = JSON.parse(
  readFileSync(new URL('node-binaries.json', import.meta.url), 'utf8'),
);

/**
 * Compares the project's Node with its pinned hash before anything runs on it. The npm
 * package `node` fetches the executable by an install script, so package-lock.json has no
 * integrity for it. Costs one `stat` when the file has not changed since the last time.
 * @param {string} root
 * @param {string} version that package.json asks for
 * @throws Stop when the executable is another one
 */
export function verifyNode(root, version, pins = pinnedBinaries) {
  const host = `${process.platform}-${process.arch}`;
  const file = [join(root, NODE), join(root, `${NODE}.exe`)].findLast((path) => existsSync(path));
  if (file === undefined) return;
  const pinned = pins[version]?.[host];
  if (pinned === undefined) {
    const known = Object.keys(pins[version] ?? {}).join(', ') || 'none';
    console.warn(
      `Node ${version} for ${host} is not verified: scripts/lib/node-binaries.json has ${known}.`,
    );
    return;
  }
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  const record = `${pinned} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  const recordFile = join(root, RECORD);
  if (existsSync(recordFile) && readFileSync(recordFile, 'utf8') === record) return;
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (actual !== pinned) {
    throw new Stop(
      `${file} is not the Node ${version} that this project pins, and is not used.\n` +
        `Its SHA-256 is ${actual}; scripts/lib/node-binaries.json has ${pinned}.\n` +
        'Delete node_modules and try again; if that does not help, do not trust the registry that npm uses.',
    );
  }
  remember(recordFile, record);
}

/** Only saves time: where this user may not write, the hash is computed each time. */
function remember(file, record) {
  try {
    writeFileSync(file, record);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
}
