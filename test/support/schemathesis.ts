import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonPackages } from './python-packages.js';

const run = promisify(execFile);
const VERSION = '4.32.5';
const CACHE = join(__dirname, '../../.cache');
const CONFIG = join(__dirname, 'schemathesis.toml');
const HOOKS = join(__dirname, 'schemathesis_hooks.py');

/**
 * Runs Schemathesis against a server that describes itself at /docs-json.
 * @param examples most test cases of one operation in each phase
 * @param phases comma list of examples, coverage, fuzzing, stateful
 * @returns its exit code (0: no failure) and everything that it printed
 */
export async function schemathesis(
  url: string,
  token: string,
  examples: number,
  phases: string,
): Promise<{ code: number; output: string }> {
  const python = join(await pythonPackages(`schemathesis==${VERSION}`), 'python');
  const args = ['-m', 'schemathesis.cli', '--config-file', CONFIG, 'run', `${url}/docs-json`];
  const options = [
    ['--url', url],
    ['--max-examples', String(examples)],
    ['--phases', phases],
    ['--seed', '1'],
    ['--workers', '1'],
  ];
  try {
    const { stdout } = await run(python, [...args, ...options.flat()], {
      maxBuffer: 64 * 1024 * 1024,
      // Hypothesis keeps a database of examples in its directory.
      cwd: CACHE,
      env: {
        ...process.env,
        VX11_TOKEN: token,
        SCHEMATHESIS_HOOKS: HOOKS,
        NO_COLOR: '1',
        COLUMNS: '100',
      },
    });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as Partial<Failure>;
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
}

interface Failure {
  code: number | string;
  stdout: string;
  stderr: string;
}
