import { createProgram, run } from '../cli/program.js';
import { commandLineEnvironment } from '../config/command-line.js';
import { VERSION } from './version.js';

/** The `vx11` command; answers with its exit code. */
export function runCommandLine(argv: readonly string[]): Promise<number> {
  return run(createProgram(commandLineEnvironment, VERSION), argv, (text) => {
    process.stderr.write(text);
  });
}
