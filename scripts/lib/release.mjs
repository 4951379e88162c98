// What has to agree before a release. The version's place is package.json; everything else
// is written from it, or compared with it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files that repeat the version, and where. */
const COPIES = [
  ['client/package.json', /"version": "([^"]+)"/],
  ['helm/vx11-operator/Chart.yaml', /^version: (\S+)$/m],
  ['helm/vx11-operator/Chart.yaml', /^appVersion: "([^"]+)"$/m],
  ['compose.yaml', /VX11_VERSION:-([^}]+)\}/g],
];

/** The version, from its one place. */
export function versionOf(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/**
 * @param {string} root
 * @returns {string[]} what does not agree
 */
export function versionFaults(root) {
  const version = versionOf(root);
  return COPIES.flatMap(([file, pattern]) => {
    const text = readFileSync(join(root, file), 'utf8');
    const found = [...text.matchAll(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`))];
    if (found.length === 0) return [`${file} names no version (${pattern})`];
    return found
      .filter(([, own]) => own !== version)
      .map(([, own]) => `${file} says ${own}, package.json ${version}`);
  });
}

/** Writes the version of package.json wherever it is repeated. */
export function writeVersion(root) {
  const version = versionOf(root);
  for (const [file, pattern] of COPIES) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(pattern, (whole, own) => whole.replace(own, version)),
    );
  }
}

/** The section of a version in the changelog; undefined without one. */
export function changesOf(root, version) {
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const start = text.indexOf(`\n## ${version}`);
  if (start < 0) return undefined;
  const end = text.indexOf('\n## ', start + 4);
  return text.slice(start + 1, end < 0 ? undefined : end);
}

/** The upgrade notes of a version; each release has some, if only to say that nothing is to do. */
export function upgradeNotes(root, version) {
  const file = join(root, 'docs/operational/upgrades.md');
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8').includes(`## ${version}`) ? file : undefined;
}
