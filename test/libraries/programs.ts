import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { virtualEnvironment } from '../support/python-packages.js';
import type { Line, Platform, Reader } from './reader.js';

const run = promisify(execFile);
const HERE = resolve('test/libraries');
const CACHE = resolve('.cache/libraries');

/** How to start a reader program; the library and the URL follow as arguments. */
type Program = readonly [command: string, ...args: string[]];

interface Language extends Omit<Platform, 'prepare'> {
  /** Files whose content names the version of the cache. */
  readonly files: readonly string[];
  /** Installs into an empty directory. */
  install(directory: string): Promise<void>;
  program(directory: string): Program;
}

export const python = platform({
  name: 'Python',
  needs: 'python3 with venv',
  // Debian has venv's part that installs pip in a package of its own.
  probe: 'python3 -c "import venv, ensurepip"',
  files: ['python/requirements.txt'],
  libraries: ['httpx-sse', 'sseclient-py', 'aiohttp-sse-client2'],
  async install(directory) {
    await virtualEnvironment(directory, '-r', join(HERE, 'python/requirements.txt'));
  },
  program: (directory) => [join(directory, 'bin/python'), join(HERE, 'python/readers.py')],
});

export const go = platform({
  name: 'Go',
  needs: 'go',
  probe: 'command -v go',
  files: ['go/go.mod', 'go/go.sum', 'go/main.go'],
  libraries: ['r3labs/sse', 'tmaxmax/go-sse', 'launchdarkly/eventsource'],
  async install(directory) {
    await run('go', ['build', '-o', join(directory, 'readers'), '.'], { cwd: join(HERE, 'go') });
  },
  program: (directory) => [join(directory, 'readers')],
});

export const java = platform({
  name: 'Java',
  needs: 'java, javac and mvn',
  probe: 'command -v mvn && command -v javac && command -v java',
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
});

/** The libraries of npm are development dependencies of this package. */
export const node = platform({
  name: 'Node',
  needs: 'node',
  probe: 'command -v node',
  files: [],
  libraries: ['eventsource', 'reconnecting-eventsource', '@microsoft/fetch-event-source'],
  install: () => Promise.resolve(),
  program: () => [process.execPath, join(HERE, 'node/readers.mjs')],
});

function platform(language: Language): Platform {
  return {
    ...language,
    async prepare() {
      const program = await installed(language);
      return {
        open: async (library, url) => new ProgramReader(program, library, url),
        // Each reader ends its own process.
        close: () => Promise.resolve(),
      };
    },
  };
}

/** A process that prints each event as a line of JSON and exits after `goodbye`. */
class ProgramReader implements Reader {
  readonly errors: string[] = [];
  private readonly taken: Line[] = [];
  private readonly exited: Promise<number | null>;
  private readonly child;

  constructor([command, ...args]: Program, library: string, url: string) {
    this.child = spawn(command, [...args, library, url], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(this.child.stdout).on('line', (line) => this.taken.push(JSON.parse(line)));
    createInterface(this.child.stderr).on('line', (line) => this.errors.push(line));
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  async lines(): Promise<readonly Line[]> {
    return this.taken;
  }

  async stopped(): Promise<void> {
    const code = await this.exited;
    if (code !== 0) throw new Error(`exit code ${code}`);
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** Installs the language's libraries once for each version of its files. */
async function installed(language: Language): Promise<Program> {
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
