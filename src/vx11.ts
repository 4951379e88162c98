import { runCommandLine } from './apps/vx11.js';

process.exitCode = await runCommandLine(process.argv.slice(2));
