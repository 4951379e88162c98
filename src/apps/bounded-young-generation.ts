import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

// Imported before everything else, so that nothing has grown yet.
//
// V8 lets the young generation grow to 128 MiB and never makes it smaller. Such a process
// keeps the memory of its busiest second, and its collections stop all streams for longer.
// V8 takes the greatest size from the command line only, but reads the growth factor at each
// growth: so it grows here, and then no more. docs/adr/0031-the-young-generation-is-bounded.md
const MOST_BYTES = 32 * 1024 * 1024;
const GROWTH_FACTOR = 16;
/** It grows after a few thousand objects have survived a collection. */
const MOST_ROUNDS = 200;

setFlagsFromString(`--semi-space-growth-factor=${GROWTH_FACTOR}`);
const survivors: object[][] = [];
while (youngGeneration() < MOST_BYTES && survivors.length < MOST_ROUNDS) {
  survivors.push(Array.from({ length: 2_000 }, () => ({})));
}
setFlagsFromString('--semi-space-growth-factor=1');

function youngGeneration(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space?.space_size ?? 0;
}
