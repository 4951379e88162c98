/**
 * `npm run rooms`: figures about the structure of src/, to compare two versions with.
 *   --root <path>  another work tree
 * A room is a directory of src/ with product files; specs do not count. An arrow is an import
 * of one file of a room by another file of the same room. A duplicate is a run of six or more
 * equal lines, without imports and lines of punctuation, in two places.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { root as ownRoot } from './lib/bootstrap.mjs';
import { readOptions } from './lib/options.mjs';

const { root } = readOptions({ options: { root: { type: 'string', default: ownRoot } } }).values;
const WINDOW = 6;

const src = join(root, 'src');
const files = new Map(
  readdirSync(src, { recursive: true })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => [name, readFileSync(join(src, name), 'utf8')]),
);
const text = [...files.values()].join('\n');
const rooms = Map.groupBy(files.keys(), (name) => dirname(name));
const [largest = '', members = []] =
  [...rooms].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
const arrows = [...rooms].map(([room, names]) => [room, arrowsIn(names)]);
const [busiest = '', most = 0] = arrows.toSorted(([, a], [, b]) => b - a)[0] ?? [];

const pairs = duplicates();
const rows = {
  rooms: rooms.size,
  'product files': files.size,
  'files in the largest room': `${members.length} (${largest})`,
  'arrows in the room with the most': `${most} (${busiest})`,
  'global modules': count(/^@Global\(\)/gm),
  'useFactory lines': count(/\buseFactory\b/g),
  duplicates: pairs.length,
};
process.stdout.write(`${relative(process.cwd(), src) || src}\n`);
for (const [what, value] of Object.entries(rows)) process.stdout.write(`| ${what} | ${value} |\n`);
for (const pair of pairs) process.stdout.write(`duplicate: ${pair}\n`);

function count(pattern) {
  return text.match(pattern)?.length ?? 0;
}

function arrowsIn(names) {
  return names.flatMap((name) =>
    [...files.get(name).matchAll(/\bfrom '(\.[^']+)\.js'/g)].filter(([, path]) =>
      names.includes(`${posix.join(dirname(name), path)}.ts`),
    ),
  ).length;
}

/** Runs of equal lines. Windows that overlap in both places belong to one run. */
function duplicates() {
  const places = new Map();
  for (const [name, content] of files) {
    const lines = content
      .replace(/^import [^;]*;$/gm, (statement) => statement.replace(/.+/g, ''))
      .split('\n')
      .map((line, index) => [line.trim(), index + 1])
      .filter(
        ([line]) =>
          /\w/.test(line) && !/^(import|export) .* from |^\} from |^\*|^\/[/*]/.test(line),
      );
    for (let at = 0; at + WINDOW <= lines.length; at += 1) {
      const key = lines
        .slice(at, at + WINDOW)
        .map(([line]) => line)
        .join('\n');
      places.set(key, [...(places.get(key) ?? []), `${name}:${at}`]);
    }
  }
  const pairs = new Set(
    [...places.values()].flatMap((found) =>
      found.flatMap((a, index) => found.slice(index + 1).map((b) => `${a} ${b}`)),
    ),
  );
  const isContinued = (pair) =>
    pairs.has(
      pair
        .split(' ')
        .map((place) => place.replace(/\d+$/, (at) => String(Number(at) - 1)))
        .join(' '),
    );
  return [...pairs].filter((pair) => !isContinued(pair));
}
