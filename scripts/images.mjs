/**
 * npm run images: builds both images with buildah, without a registry: the first stage's
 * work is done on this machine, the last stage is the Dockerfile's. The same sources give
 * the same digest.
 *
 *   --tag TAG       instead of the version
 *   --output DIR    also writes an archive of each image there, for `ctr images import`
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bootstrap, giveUp, root, Stop } from './lib/bootstrap.mjs';
import { readOptions } from './lib/options.mjs';

const IMAGES = [
  { name: 'vx11-operator', dockerfile: 'images/Dockerfile', panel: false },
  { name: 'vx11-operator-panel', dockerfile: 'images/Dockerfile.panel', panel: true },
];
/** Every file of the image gets this time, or the digest would change with each build. */
const TIMESTAMP = '1735689600';

await bootstrap(import.meta.url);
try {
  const { values } = readOptions({
    options: { tag: { type: 'string' }, output: { type: 'string' } },
  });
  await buildImages(values);
} catch (error) {
  giveUp(error);
}

async function buildImages({ tag, output }) {
  if (spawnSync('buildah', ['--version']).status !== 0) {
    throw new Stop(
      'buildah is missing: install the packages buildah and netavark, or build images/Dockerfile with docker.',
    );
  }
  const { buildAll } = await import('./lib/build.mjs');
  await buildAll(root);
  const { fillNodeRoot, fillPanelRoot } = await import('./lib/image-root.mjs');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const work = mkdtempSync(join(tmpdir(), 'vx11-image-'));
  try {
    for (const { name, dockerfile, panel } of IMAGES) {
      const started = performance.now();
      const rootfs = join(work, name, 'rootfs');
      mkdirSync(join(work, name));
      if (panel) fillPanelRoot(root, rootfs, version);
      else fillNodeRoot(root, rootfs);
      writeFileSync(join(work, name, 'Dockerfile'), lastStage(join(root, dockerfile)));
      const image = `localhost/${name}:${tag ?? version}`;
      buildah(
        'bud',
        '--isolation',
        'chroot',
        '--timestamp',
        TIMESTAMP,
        '--format',
        'oci',
        '--build-arg',
        `VERSION=${version}`,
        '-t',
        image,
        join(work, name),
      );
      const { size, digest } = inspect(image);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${image}  ${digest}  ${Math.round(size / 1e6)} MB  ${seconds} s`);
      if (output !== undefined) {
        const file = join(resolve(output), `${name}.tar`);
        rmSync(file, { force: true });
        mkdirSync(resolve(output), { recursive: true });
        buildah('push', '--quiet', image, `docker-archive:${file}:${image}`);
        console.log(`wrote ${file}`);
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The Dockerfile from its last FROM on, with the files of this machine's first stage. */
function lastStage(file) {
  const text = readFileSync(file, 'utf8');
  const stage = text.slice(text.lastIndexOf('\nFROM ') + 1);
  const own = stage.replace('COPY --from=build /rootfs /', 'COPY rootfs /');
  if (own === stage) throw new Stop(`${file} takes no /rootfs from its first stage.`);
  return own;
}

function buildah(...args) {
  return execFileSync('buildah', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function inspect(image) {
  const [row] = JSON.parse(buildah('images', '--json', image));
  const { FromImageDigest } = JSON.parse(buildah('inspect', '--type', 'image', image));
  const bytes = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };
  const [, number, unit] = /^([\d.]+) ?(\w+)$/.exec(row.size) ?? [];
  return { size: Number(number) * (bytes[unit] ?? 1), digest: FromImageDigest };
}
