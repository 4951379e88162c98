import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The functions in which a V8 CPU profile spent its time by themselves, greatest first, as shares
 * of the busy time. Paths are cut to the part after the project or node_modules.
 */
export function topSelfTime(file, count = 25) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const spent = new Map();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id);
    if (functionName === '(idle)') continue;
    busy += timeDeltas[i];
    const place = url ? ` ${shorten(url)}:${lineNumber + 1}` : '';
    const key = `${functionName || '(anonymous)'}${place}`;
    spent.set(key, (spent.get(key) ?? 0) + timeDeltas[i]);
  }
  return [...spent]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([where, micros]) => ({ share: micros / busy, where }));
}

function shorten(url) {
  const root = path.resolve(import.meta.dirname, '../..');
  return url
    .replace('file://', '')
    .replace(`${root}/`, '')
    .replace(/^.*node_modules\//, '');
}
