import { existsSync, readFileSync, watch } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** The compiler writes a file and its source map, and several files of one save, in a row. */
const QUIET_MS = 60;
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/**
 * For `supervise`: calls `restart` with the name of each process that a changed file of
 * dist/ belongs to.
 * @param {string} root
 * @param {import('./processes.mjs').ProcessRow[]} rows
 * @returns {(restart: (name: string) => void) => void}
 */
export function restartOnChange(root, rows) {
  const dist = join(root, 'dist');
  const ours = rows.filter(({ entry }) => entry.startsWith('dist/'));
  return (restart) => {
    const changed = new Set();
    let timer;
    const act = () => {
      const files = [...changed];
      changed.clear();
      for (const { name, entry } of ours) {
        const parts = filesOf(dist, relative('dist', entry));
        if (files.some((file) => belongs(file, parts))) restart(name);
      }
    };
    watch(dist, { recursive: true }, (_event, name) => {
      const file = name?.split(sep).join('/');
      if (!file || /\.map$|(^|\/)\./.test(file)) return;
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(act, QUIET_MS);
    });
  };
}

/**
 * The files of dist/ that an entry loads: itself, and what it imports by a relative path.
 * @returns {Set<string>} relative to dist/, with slashes
 */
export function filesOf(dist, entry) {
  const found = new Set();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file) || !existsSync(join(dist, file))) continue;
    found.add(file);
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, path] of text.matchAll(IMPORT)) {
      open.push(posix.join(posix.dirname(file), path));
    }
  }
  return found;
}

/** A file that is no module, such as a script for Redis, belongs to its directory. */
function belongs(file, parts) {
  if (file.endsWith('.js')) return parts.has(file);
  return [...parts].some((part) => dirname(part) === dirname(file));
}
