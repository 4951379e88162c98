import './apps/small-young-generation.js';
import { run } from './apps/run.js';
import { startGateway } from './apps/tentaculo-link-workers.js';

await run('tentaculo-link', startGateway);
