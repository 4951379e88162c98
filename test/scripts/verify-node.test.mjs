import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { pinnedBinaries, verifyNode } from '../../scripts/lib/verify-node.mjs';

const host = `${process.platform}-${process.arch}`;
const content = 'the executable';
const pins = { '1.2.3': { [host]: createHash('sha256').update(content).digest('hex') } };
const homes = [];
let home;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vx11-node-'));
  homes.push(home);
  mkdirSync(join(home, 'node_modules/node/bin'), { recursive: true });
});
after(() => homes.forEach((path) => rmSync(path, { recursive: true, force: true })));

const put = (text) => writeFileSync(join(home, 'node_modules/node/bin/node'), text);

test('the pinned executable is accepted, the first time and later', () => {
  put(content);
  verifyNode(home, '1.2.3', pins);
  verifyNode(home, '1.2.3', pins);
});

test('a tampered executable is refused, also after the right one was accepted', () => {
  put('the executable, and more');
  assert.throws(() => verifyNode(home, '1.2.3', pins), /is not the Node 1\.2\.3/);
  put(content);
  verifyNode(home, '1.2.3', pins);
  put('the EXECUTABLE');
  assert.throws(() => verifyNode(home, '1.2.3', pins), /is not used/);
});

test('the version of package.json is pinned for the systems that tests run on', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pinned = Object.keys(pinnedBinaries[dependencies.node]);
  assert.ok(pinned.includes('linux-x64') && pinned.includes('linux-arm64'));
});
