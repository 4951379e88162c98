/**
 * npm run release:check: whether this commit can be released. Version in one place, a
 * changelog, upgrade notes, a clean tree, an SBOM that npm makes, and images whose digest is
 * the same twice (where buildah is there).
 *
 *   --set         writes package.json's version wherever it is repeated, and ends
 *   --draft       does not ask for a changelog section of its own and a clean tree
 *   --output DIR  writes sbom.spdx.json, sbom.cyclonedx.json and provenance.json there
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bootstrap, root } from './lib/bootstrap.mjs';
import { readOptions } from './lib/options.mjs';

await bootstrap(import.meta.url);
const { changesOf, upgradeNotes, versionFaults, versionOf, writeVersion } =
  await import('./lib/release.mjs');
const { values } = readOptions({
  options: {
    set: { type: 'boolean', default: false },
    draft: { type: 'boolean', default: false },
    output: { type: 'string' },
  },
});
if (values.set) {
  writeVersion(root);
  console.log(`Everything says ${versionOf(root)}.`);
  process.exit(0);
}
const version = versionOf(root);
let failed = 0;
const check = (claim, faults) => {
  const list = [faults].flat().filter(Boolean);
  console.log(`${list.length === 0 ? '✓' : '✗'} ${claim}`);
  for (const fault of list) console.log(`    ${fault}`);
  failed += Number(list.length > 0);
};
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

check(`the version ${version} is the same everywhere`, versionFaults(root));
check(
  'it is a version of SemVer',
  /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version) ? '' : version,
);
if (!values.draft) {
  check('CHANGELOG.md has its section', changesOf(root, version) ? '' : `no "## ${version}"`);
  check('nothing is uncommitted', git('status', '--porcelain'));
}
check(
  'docs/operational/upgrades.md has its section',
  upgradeNotes(root, version) ? '' : `no "## ${version}"`,
);
const sboms = Object.fromEntries(['spdx', 'cyclonedx'].map((format) => [format, sbom(format)]));
check(
  'npm makes an SBOM of what is installed in production',
  Object.entries(sboms).map(([format, text]) => (text ? '' : `npm sbom fails for ${format}`)),
);
const images = spawnSync('buildah', ['--version']).status === 0 ? [build(), build()] : undefined;
if (images === undefined) console.log('- images not built: buildah is not here');
else
  check('the images have the same digest twice', images[0] === images[1] ? '' : images.join('\n'));

if (values.output !== undefined) {
  const directory = resolve(values.output);
  mkdirSync(directory, { recursive: true });
  for (const [format, text] of Object.entries(sboms)) {
    writeFileSync(join(directory, `sbom.${format}.json`), text);
  }
  writeFileSync(join(directory, 'provenance.json'), `${JSON.stringify(provenance(), null, 2)}\n`);
  console.log(`wrote the SBOMs and provenance.json to ${values.output}`);
}
console.log(failed === 0 ? 'Fit for a release.' : `${failed} faults.`);
process.exit(failed === 0 ? 0 : 1);

function sbom(format) {
  const args = ['sbom', '--omit=dev', `--sbom-format=${format}`, '--package-lock-only'];
  const { status, stdout } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return status === 0 && JSON.parse(stdout) ? stdout : '';
}

/** Names and digests of both images. */
function build() {
  const text = execFileSync(process.execPath, [join(root, 'scripts/images.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return [...text.matchAll(/^(localhost\/\S+)\s+(sha256:[0-9a-f]+)/gm)]
    .map(([, name, digest]) => `${name}@${digest}`)
    .join('\n');
}

/** What was built from what, in the shape of SLSA 1.0 (in-toto statement, not signed). */
function provenance() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: (images?.[0] ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name, digest] = line.split('@sha256:');
        return { name, digest: { sha256: digest } };
      }),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'npm run images',
        externalParameters: { version },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: git('rev-parse', 'HEAD') } },
          { name: 'package-lock.json', digest: { sha256: lock } },
        ],
      },
    },
  };
}
