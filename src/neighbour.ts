import { startNeighbour } from './apps/neighbour.js';
import { run } from './apps/run.js';

const name = process.argv[2];
await run(name ?? 'neighbour', (config, logger) => startNeighbour(name, config, logger));
