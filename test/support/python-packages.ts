import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(__dirname, '../../.cache/python');

/** Packages need Python with its module for virtual environments. */
export function isPythonHere(): boolean {
  return spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
}

/** A virtual environment with exactly these packages, made once, from PyPI; its `bin`. */
export async function pythonPackages(...packages: readonly string[]): Promise<string> {
  const directory = join(CACHE, packages.join('+').replaceAll('==', '-'));
  const bin = join(directory, 'bin');
  if (existsSync(directory)) return bin;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${directory}.${process.pid}`;
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
    nameInterpreter(join(unfinished, 'bin'), unfinished, directory);
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return bin;
}

/** The commands of packages name their interpreter by its path, which changes with the directory's name. */
function nameInterpreter(bin: string, from: string, to: string): void {
  for (const name of readdirSync(bin)) {
    const file = join(bin, name);
    const content = readFileSync(file);
    if (content.subarray(0, 2).toString() !== '#!') continue;
    writeFileSync(file, content.toString().replaceAll(from, to));
  }
}
