import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { buildAll } from '../../scripts/lib/build.mjs';

let home;
const homes = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-bundle-'));
  homes.push(home);
  for (const file of ['.swcrc', 'package-lock.json', 'scripts/lib/bundle.mjs'])
    await cp(join(root, file), join(home, file));
  await put('package.json', '{"type":"module","workspaces":["client"]}');
  await put(
    'client/package.json',
    '{"name":"our-client","type":"module","exports":"./dist/index.js",' +
      '"scripts":{"build":"mkdir -p dist && cp index.js dist/index.js"}}',
  );
  await put('client/index.js', "export const said = 'by the client';\n");
  await put('src/main.ts', "import { said } from 'our-client';\nconsole.log(said);\n");
  await mkdir(join(home, 'node_modules'));
  await symlink(join(home, 'client'), join(home, 'node_modules/our-client'));
});
after(() => Promise.all(homes.map((path) => rm(path, { recursive: true, force: true }))));

async function put(file, content) {
  await mkdir(dirname(join(home, file)), { recursive: true });
  await writeFile(join(home, file), content);
}

const bundle = () => readFile(join(home, '.cache/run/main.js'), 'utf8');

test('the bundles of a fresh clone hold what src/ takes from a workspace', async () => {
  await buildAll(home);
  assert.match(await bundle(), /by the client/);
});

test('a workspace that changes is bundled again', async () => {
  await buildAll(home);
  await put('client/index.js', "export const said = 'something else';\n");
  await buildAll(home);
  assert.match(await bundle(), /something else/);
});

test('a package that our own code imports has to be there', async () => {
  await put('src/main.ts', "import 'not-installed';\n");
  await assert.rejects(buildAll(home), /cannot be bundled:[^]*not-installed/);
});

test('a package that another one asks for may be missing', async () => {
  await put('node_modules/asking/package.json', '{"name":"asking","main":"index.js"}');
  await put('node_modules/asking/index.js', "if (globalThis.asked) require('not-installed');\n");
  await put('src/main.ts', "import 'asking';\n");
  await buildAll(home);
  assert.match(await bundle(), /not-installed/);
});
