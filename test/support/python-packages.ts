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
const CACHE = join(import.meta.dirname, '../../.cache/python');
const UV = 'uv==0.13.9';

/** Packages need Python with its module for virtual environments. */
export function isPythonHere(): boolean {
  return spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
}

/** A virtual environment with exactly these packages, made once, from PyPI; its `bin`. */
export async function pythonPackages(...packages: readonly string[]): Promise<string> {
  return once(packages, async (directory) => {
    await virtualEnvironment(directory, ...packages);
    nameInterpreter(join(directory, 'bin'), directory, placeOf(packages));
  });
}

/**
 * Makes a virtual environment.
 * @param packages what is installed into it: arguments of `pip install`
 */
export async function virtualEnvironment(
  directory: string,
  ...packages: readonly string[]
): Promise<void> {
  const uv = join(await once([UV], withPip), 'uv');
  await run('python3', ['-m', 'venv', '--without-pip', directory]);
  const python = join(directory, 'bin/python');
  await run(uv, [
    'pip',
    'install',
    '--quiet',
    '--no-cache',
    '--system-certs',
    '--python',
    python,
    ...packages,
  ]);
}

/** uv itself. It takes a fifth of pip's time, which every clone pays for each environment. */
async function withPip(directory: string): Promise<void> {
  await run('python3', ['-m', 'venv', directory]);
  const quietly = ['--quiet', '--no-compile', '--disable-pip-version-check'];
  await run(join(directory, 'bin/python'), ['-m', 'pip', 'install', ...quietly, UV]);
}

async function once(
  packages: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = placeOf(packages);
  const bin = join(directory, 'bin');
  if (existsSync(directory)) return bin;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${directory}.${process.pid}`;
  try {
    await make(unfinished);
    renameSync(unfinished, directory);
  } catch (error) {
    // Another file of tests may have made it meanwhile.
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return bin;
}

function placeOf(packages: readonly string[]): string {
  return join(CACHE, packages.join('+').replaceAll('==', '-'));
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
