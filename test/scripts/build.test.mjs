import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { buildAll, buildSource } from '../../scripts/lib/build.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';

let home;
const homes = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-build-'));
  homes.push(home);
  await cp(join(root, '.swcrc'), join(home, '.swcrc'));
  await put('package.json', '{"type":"module"}');
  await put('src/a.ts', "import { b } from './room/b.js';\nexport const a: number = b + 1;\n");
  await put('src/room/b.ts', 'export const b: number = 1;\n');
});
after(() => Promise.all(homes.map((path) => rm(path, { recursive: true, force: true }))));

async function put(file, content) {
  await mkdir(dirname(join(home, file)), { recursive: true });
  await writeFile(join(home, file), content);
}
const built = (file) => existsSync(join(home, 'dist', file));

test('compiles to ES modules with source maps, and leaves specs out', async () => {
  await put('src/room/b.spec.ts', 'test("b", () => {});\n');
  assert.equal(await buildSource(home), '2 built, 0 removed');
  const { a } = await import(pathToFileURL(join(home, 'dist/a.js')).href);
  assert.equal(a, 2);
  const map = JSON.parse(await readFile(join(home, 'dist/room/b.js.map'), 'utf8'));
  assert.deepEqual(map.sources, ['../../src/room/b.ts']);
  assert.match(await readFile(join(home, 'dist/a.js'), 'utf8'), /sourceMappingURL=a\.js\.map\n$/);
  assert.equal(built('room/b.spec.js'), false);
});

test('builds only what has changed', async () => {
  await buildSource(home);
  assert.equal(await buildSource(home), 'up to date');
  await put('src/room/b.ts', 'export const b: number = 2;\n');
  assert.equal(await buildSource(home), '1 built, 0 removed');
});

test('removes what has lost its source, and restores what was deleted', async () => {
  await buildSource(home);
  await rm(join(home, 'src/room/b.ts'));
  assert.equal(await buildSource(home), '0 built, 2 removed');
  assert.equal(built('room/b.js'), false);
  await rm(join(home, 'dist/a.js'));
  assert.equal(await buildSource(home), '1 built, 0 removed');
});

test('copies what is not TypeScript', async () => {
  await put('src/room/data.json', '{"x":1}');
  await buildSource(home);
  assert.equal(await readFile(join(home, 'dist/room/data.json'), 'utf8'), '{"x":1}');
});

test('new settings build everything again', async () => {
  await buildSource(home);
  const settings = JSON.parse(await readFile(join(home, '.swcrc'), 'utf8'));
  await put('.swcrc', JSON.stringify({ ...settings, minify: false }));
  assert.equal(await buildSource(home), '2 built, 0 removed');
});

test('a source that does not compile is named, and built once it is fixed', async () => {
  await put('src/a.ts', 'export const = 1;\n');
  await assert.rejects(buildSource(home), /src\/a\.ts does not compile/);
  await put('src/a.ts', 'export const a = 1;\n');
  assert.equal(await buildSource(home), '2 built, 0 removed');
});

test('a large source is built by a process that may have few files open', async () => {
  for (let n = 0; n < 300; n += 1)
    await put(`src/many/${n}.ts`, `export const n: number = ${n};\n`);
  const module = JSON.stringify(pathToFileURL(join(root, 'scripts/lib/build.mjs')).href);
  const script = `const { buildSource } = await import(${module});
    console.log(await buildSource(${JSON.stringify(home)}));`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 128; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  assert.equal(stdout, '302 built, 0 removed\n', stderr);
});

test(
  'that it waits for another build is no part of what a command prints',
  { timeout: 30_000 },
  async () => {
    const module = JSON.stringify(pathToFileURL(join(root, 'scripts/lib/build.mjs')).href);
    const script = `const { buildAll } = await import(${module});
    await buildAll(${JSON.stringify(home)}, ['bundles']);`;
    let child;
    await withLock(join(home, '.cache/build.lock'), async () => {
      child = spawn(process.execPath, ['--input-type=module', '-e', script]);
      const [said] = await once(child.stderr, 'data');
      assert.match(String(said), /^Waiting for process \d+, which is building/);
    });
    assert.equal(await text(child.stdout), '');
  },
);

test('a path that the panel cannot be built in is named, with what to do', async () => {
  const odd = join(home, 'c# notes?');
  await mkdir(odd);
  await assert.rejects(buildAll(odd), /has # or \? in its path.*\nMove the clone/);
});

test('where this user may not write, what is built is used, and what is not is named', async () => {
  await buildAll(home, ['bundles']);
  spawnSync('chmod', ['-R', 'a-w', home]);
  const module = JSON.stringify(pathToFileURL(join(root, 'scripts/lib/build.mjs')).href);
  const script = `const { buildAll } = await import(${module});
    const lines = await buildAll(${JSON.stringify(home)}, ['bundles']).catch(String);
    console.log(String(lines).split('\\n').at(-1).replace(/ \\(.*/, ''));`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  // Root may write everywhere, unless it gives this right up.
  const asUser = process.getuid() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [];
  const build = () => {
    const [program, ...args] = [...asUser, ...node];
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return stdout + stderr;
  };
  assert.equal(build(), 'src: up to date\n');
  spawnSync('chmod', ['u+w', join(home, 'src/a.ts')]);
  await put('src/a.ts', 'export const a = 2;\n');
  assert.match(build(), /^Run npm run build as the owner of the directory/);
  spawnSync('chmod', ['-R', 'u+w', home]);
});

test('one module looks for the project by its own place: a bundle moves the others', () => {
  const sources = globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.spec.ts'] });
  const looking = sources.filter((file) =>
    readFileSync(join(root, file), 'utf8').includes('import.meta.dirname'),
  );
  assert.deepEqual(looking, ['src/kernel/project-root.ts']);
});
