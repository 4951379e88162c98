import { startOperatorFrontend } from './apps/operator-frontend.js';
import { run } from './apps/run.js';

await run('operator-frontend', startOperatorFrontend);
