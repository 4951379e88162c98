// What a visitor of the panel pays: `npm run size -w @vx11/panel` builds it as it is
// shipped and prints each file, and what each dependency has of the first scripts.
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const MODULES = 'node_modules/';
/** Bytes before the charts; a test has the same limit. */
const LIMIT = 70_000;
const root = fileURLToPath(new URL('.', import.meta.url));

const [outputs] = [
  await build({ root, logLevel: 'error', build: { write: false, sourcemap: 'hidden' } }),
].flat();
const files = outputs.output
  .filter(({ fileName }) => /\.(js|css)$/.test(fileName))
  .map((file) => ({ ...file, text: String(file.code ?? file.source) }))
  .toSorted((a, b) => b.text.length - a.text.length);

process.stdout.write('Files, minified and gzipped, bytes:\n');
for (const { fileName, text } of files) print(fileName, text);

// The entry, and what it imports: the page names them all.
const named = String(outputs.output.find(({ fileName }) => fileName === 'index.html')?.source);
const scripts = files.filter(({ fileName, map }) => map && named.includes(fileName));
process.stdout.write('\nBefore the charts, gzipped:\n');
const isNamed = ({ fileName }) => named.includes(fileName);
const parts = {
  'scripts of the page': files.filter((file) => isNamed(file) && file.fileName.endsWith('.js')),
  styles: files.filter((file) => isNamed(file) && file.fileName.endsWith('.css')),
  workers: files.filter(({ fileName }) => /(^|\/)(search-)?worker-[^/]*\.js$/.test(fileName)),
};
let total = 0;
for (const [name, list] of Object.entries(parts)) {
  const sum = list.reduce((all, { text }) => all + gzipSync(text, { level: 9 }).length, 0);
  total += sum;
  process.stdout.write(`${name.padEnd(42)}${String(sum).padStart(8)}\n`);
}
process.stdout.write(`${'all of it'.padEnd(42)}${String(total).padStart(8)} of ${LIMIT}\n`);
if (total > LIMIT) process.exitCode = 1;
process.stdout.write(
  '\nOf these scripts, each compressed alone, so that the sum is larger than the whole:\n',
);
for (const [name, text] of byPackage(scripts)) print(name, text);

function print(name, text) {
  const gzipped = gzipSync(text, { level: 9 }).length;
  const sizes = [text.length, gzipped].map((bytes) => String(bytes).padStart(8));
  process.stdout.write(`${name.padEnd(34)}${sizes.join('')}\n`);
}

/** The minified code by the package that it comes from, the largest first. */
function byPackage(all) {
  const packages = new Map();
  for (const { text, map } of all) {
    const origin = new SourceMap(map);
    text.split('\n').forEach((line, row) => {
      for (let column = 0; column < line.length; column += 1) {
        const name = packageOf(origin.findEntry(row, column).originalSource ?? '');
        packages.set(name, (packages.get(name) ?? '') + line[column]);
      }
    });
  }
  return [...packages].toSorted(([, a], [, b]) => b.length - a.length);
}

function packageOf(source) {
  const at = source.lastIndexOf(MODULES);
  if (at >= 0) {
    const [first = '', second] = source.slice(at + MODULES.length).split('/');
    return first.startsWith('@') ? `${first}/${second}` : first;
  }
  if (source.includes('client/')) return '@vx11/events-client';
  return source === '' ? 'the bundler' : 'the panel itself';
}
