import './apps/bounded-young-generation.js';
import { startOperatorBackend } from './apps/operator-backend.js';
import { run } from './apps/run.js';

await run('operator-backend', startOperatorBackend);
