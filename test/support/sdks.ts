import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { virtualEnvironment } from './python-packages.js';

const run = promisify(execFile);
const SOURCES = join(import.meta.dirname, '../sdks');
const CACHE = join(import.meta.dirname, '../../.cache');

interface Sdk {
  /** Fails where the language is not on the machine. */
  readonly probe: readonly [command: string, ...args: string[]];
  /** Builds in a copy of the sources, with packages from the language's registry. */
  readonly build: (directory: string) => Promise<unknown>;
  readonly start: readonly [command: string, ...args: string[]];
}

export const SDKS: Readonly<Record<string, Sdk>> = {
  python: {
    probe: ['python3', '-c', 'import venv, ensurepip'],
    build: (cwd) => virtualEnvironment(join(cwd, 'venv'), '-r', join(cwd, 'requirements.txt')),
    start: ['venv/bin/python', 'producer.py'],
  },
  go: {
    probe: ['go', 'version'],
    build: (cwd) => run('go', ['build', '-o', 'producer', '.'], { cwd }),
    start: ['./producer'],
  },
  java: {
    probe: ['mvn', '--version'],
    build: (cwd) =>
      run('mvn', ['--quiet', '--batch-mode', 'package', 'dependency:copy-dependencies'], { cwd }),
    // Java 17 takes its encoding from the locale.
    start: [
      'java',
      '-Dfile.encoding=UTF-8',
      '-cp',
      'target/classes:target/dependency/*',
      'Producer',
    ],
  },
};

export function isOnThisMachine(sdk: Sdk | undefined): boolean {
  const [command = '', ...args] = sdk?.probe ?? [];
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** A build of this version is in the cache. */
export function isBuilt(name: string): boolean {
  return existsSync(directoryOf(name));
}

/**
 * Builds the producer unless this version is in the cache already, and runs it.
 * @returns what it printed, a line for each form: `<form> <status>`
 */
export async function publishWithSdk(name: string, url: string, token: string): Promise<string[]> {
  const sdk = SDKS[name];
  if (!sdk) throw new Error(`There is no SDK ${name}.`);
  const cwd = await built(name, sdk);
  const [command, ...args] = sdk.start;
  const { stdout } = await run(command, [...args, url], {
    cwd,
    env: { ...process.env, VX11_TOKEN: token },
  });
  return stdout.trim().split('\n');
}

async function built(name: string, sdk: Sdk): Promise<string> {
  const source = join(SOURCES, name);
  const directory = directoryOf(name);
  if (existsSync(directory)) return directory;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${directory}.${process.pid}`;
  cpSync(source, unfinished, { recursive: true });
  try {
    await sdk.build(unfinished);
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return directory;
}

function directoryOf(name: string): string {
  return join(CACHE, `sdk-${name}-${versionOf(join(SOURCES, name))}`);
}

/** Of everything that the producer is built from. */
function versionOf(source: string): string {
  const hash = createHash('sha256');
  for (const name of (readdirSync(source, { recursive: true }) as string[]).toSorted()) {
    const file = join(source, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}
