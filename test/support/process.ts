import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newPrincipalToken, witnessFiles } from './backend.js';
import { Caller } from './caller.js';
import type { Exit } from './process/child.ts';
import { ServerProcess, type ServerProgram } from './process/server-process.ts';
import { HOP_KEY } from './hop-key.js';
import { witness } from './secrets.js';

const root = join(__dirname, '../..');

export interface BackendProcess {
  readonly url: string;
  readonly caller: Caller;
  readonly pid: number;
  /** Everything on stdout and stderr, line by line. */
  readonly output: string[];
  readonly exited: Promise<Exit>;
  /** Nobody reads its output any more: it is written to a closed pipe. */
  stopReading(): void;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** What is started is what is built; takes no time when nothing has changed. */
export async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root });
}

/** A built server of ours, not started yet, whose output and files must not hold a token. */
export function ourServer(program: ServerProgram): ServerProcess {
  return new ServerProcess({
    ...program,
    onEnd: (lines) => {
      witness(`the output of ${program.entry}`, lines.join('\n'));
      const dataDir = program.env['VX11_DATA_DIR'];
      if (dataDir !== undefined) witnessFiles(dataDir);
    },
  });
}

/** The built backend as a process of its own; resolves when it listens. */
export async function spawnBackend(env: Record<string, string>): Promise<BackendProcess> {
  const token = env['VX11_OPERATOR_TOKEN'] ?? newPrincipalToken();
  const server = await ourServer({
    name: 'the backend',
    entry: '.cache/run/operator-backend.js',
    portVariable: 'VX11_BACKEND_PORT',
    env: {
      VX11_LOG_LEVEL: 'debug',
      VX11_OPERATOR_TOKEN: token,
      VX11_HOP_KEYS: HOP_KEY,
      ...env,
    },
  }).start();
  const { url, pid, child } = server;
  return {
    url,
    caller: new Caller(url, token),
    pid,
    output: child.lines,
    exited: child.exited,
    stopReading: () => child.stopReading(),
    end: (signal) => child.end(signal),
  };
}
