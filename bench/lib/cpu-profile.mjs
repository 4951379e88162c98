import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * Reads a V8 CPU profile between two moments of the monotonic clock (microseconds), so that neither
 * the start nor the end of the process counts. Returns shares of the busy time, greatest first:
 * `self` by function, `inclusive` by function with all it called, `origin` by package.
 */
export function readProfile(file, from, to) {
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(readFileSync(file, 'utf8'));
  const micros = new Map();
  let at = startTime;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i];
    if (at >= from && at < to) micros.set(id, (micros.get(id) ?? 0) + timeDeltas[i]);
  }

  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sums = { self: new Map(), inclusive: new Map(), origin: new Map() };
  let busy = 0;
  const add = (sum, key, spent) => sum.set(key, (sum.get(key) ?? 0) + spent);

  // Down the call tree; `above` holds the functions on the way, so that recursion counts once.
  const walk = (node, above) => {
    if (node.callFrame.functionName === '(idle)') return 0;
    const name = nameOf(node.callFrame);
    const own = micros.get(node.id) ?? 0;
    busy += own;
    add(sums.self, name, own);
    add(sums.origin, originOf(node.callFrame), own);
    const below = new Set(above).add(name);
    let total = own;
    for (const child of node.children ?? []) total += walk(byId.get(child), below);
    if (!above.has(name)) add(sums.inclusive, name, total);
    return total;
  };
  walk(nodes[0], new Set());

  const ranked = (sum) =>
    [...sum]
      .toSorted((a, b) => b[1] - a[1])
      .map(([where, spent]) => ({ where, share: spent / busy }));
  return {
    self: ranked(sums.self),
    inclusive: ranked(sums.inclusive),
    origin: ranked(sums.origin),
  };
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  return url ? `${name}  ${shorten(url)}:${lineNumber + 1}` : name;
}

function originOf({ functionName, url }) {
  if (!url) return functionName.startsWith('(') ? functionName : '(native)';
  const place = shorten(url);
  if (place.startsWith('node:')) return 'node';
  if (!url.includes('node_modules/')) return 'operator-backend';
  return place.split('/', place.startsWith('@') ? 2 : 1).join('/');
}

function shorten(url) {
  return url
    .replace('file://', '')
    .replace(`${root}/`, '')
    .replace(/^.*node_modules\//, '');
}
