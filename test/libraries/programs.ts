import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = resolve('test/libraries');
const CACHE = resolve('.cache/libraries');

/** How to start a reader program; the library and the URL follow as arguments. */
export type Program = readonly [command: string, ...args: string[]];

export interface Language {
  readonly name: string;
  /** The command that must be on the PATH. */
  readonly needs: string;
  /** Files whose content names the version of the cache. */
  readonly files: readonly string[];
  readonly libraries: readonly string[];
  /** Installs into an empty directory. */
  install(directory: string): Promise<void>;
  program(directory: string): Program;
}

export const python: Language = {
  name: 'Python',
  needs: 'python3',
  files: ['python/requirements.txt'],
  libraries: ['httpx-sse', 'sseclient-py', 'aiohttp-sse-client2'],
  async install(directory) {
    await run('python3', ['-m', 'venv', directory]);
    const requirements = join(HERE, 'python/requirements.txt');
    await run(join(directory, 'bin/pip'), ['install', '--quiet', '-r', requirements]);
  },
  program: (directory) => [join(directory, 'bin/python'), join(HERE, 'python/readers.py')],
};

export const go: Language = {
  name: 'Go',
  needs: 'go',
  files: ['go/go.mod', 'go/go.sum', 'go/main.go'],
  libraries: ['r3labs/sse', 'tmaxmax/go-sse', 'launchdarkly/eventsource'],
  async install(directory) {
    await run('go', ['build', '-o', join(directory, 'readers'), '.'], { cwd: join(HERE, 'go') });
  },
  program: (directory) => [join(directory, 'readers')],
};

export const java: Language = {
  name: 'Java',
  needs: 'mvn',
  files: ['java/pom.xml', 'java/Readers.java'],
  libraries: ['okhttp-sse', 'okhttp-eventsource'],
  async install(directory) {
    const pom = join(HERE, 'java/pom.xml');
    const jars = `-DoutputDirectory=${directory}`;
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', jars]);
    const source = join(HERE, 'java/Readers.java');
    await run('javac', ['-cp', `${directory}/*`, '-d', directory, source]);
  },
  program: (directory) => ['java', '-cp', `${directory}:${directory}/*`, 'Readers'],
};

/** The libraries of npm are development dependencies of this package. */
export const node: Language = {
  name: 'Node',
  needs: 'node',
  files: [],
  libraries: ['eventsource', 'reconnecting-eventsource', '@microsoft/fetch-event-source'],
  install: () => Promise.resolve(),
  program: () => [process.execPath, join(HERE, 'node/readers.mjs')],
};

export function isHere({ needs }: Language): boolean {
  return spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0;
}

/** Installs the language's libraries once for each version of its files. */
export async function installed(language: Language): Promise<Program> {
  const hash = createHash('sha256');
  for (const file of language.files) hash.update(readFileSync(join(HERE, file)));
  const directory = join(CACHE, `${language.name}-${hash.digest('hex').slice(0, 12)}`);
  const done = join(directory, 'done');
  if (!existsSync(done)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    await language.install(directory);
    mkdirSync(done);
  }
  return language.program(directory);
}
