// npm run cluster-tools [-- NAME...]: builds the tools of the chart's and the cluster's
// tests into ~/.cache/vx11-tools (or $VX11_TOOLS) and prints their folders.
import { buildTools, TOOLS } from './lib/cluster-tools.mjs';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !TOOLS[name]);
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(TOOLS).join(', ')}.`);
  process.exit(2);
}
const folders = buildTools(names.length > 0 ? names : Object.keys(TOOLS), (line) =>
  console.error(line),
);
console.log(folders.join('\n'));
