/*
 * npm run sbom: what the product is made of, as CycloneDX JSON, from the lockfile and the
 * installed packages; no network. `npm run sbom -- FILE` writes to another file.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readOptions } from './lib/options.mjs';

const [file = 'sbom.cdx.json'] = readOptions({ allowPositionals: true }).positionals;
const { status, stdout, stderr } = spawnSync(
  'npm',
  ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--sbom-type=application'],
  { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
);
if (status !== 0) {
  process.stderr.write(`npm sbom failed:\n${stderr}\nRun npm install first, and try again.\n`);
  process.exit(1);
}
const bom = JSON.parse(stdout);
// Where a package was downloaded from is a fact of this machine, not of the product.
for (const component of bom.components ?? []) {
  component.externalReferences = (component.externalReferences ?? []).filter(
    ({ type }) => type !== 'distribution',
  );
}
writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`);
process.stdout.write(
  `${file}: ${bom.components?.length ?? 0} components, CycloneDX ${bom.specVersion}\n`,
);
