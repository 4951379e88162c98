import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { newPrincipalToken, witnessFiles } from './backend.js';
import { Caller } from './caller.js';
import { witness } from './secrets.js';

const root = join(__dirname, '../..');

export interface BackendProcess {
  readonly url: string;
  readonly caller: Caller;
  readonly pid: number;
  /** Everything on stdout and stderr, line by line. */
  readonly output: string[];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Nobody reads its output any more: it is written to a closed pipe. */
  stopReading(): void;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** What is started is what is built; takes no time when nothing has changed. */
export async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root });
}

/** The built backend as a process of its own; resolves when it listens. */
export async function spawnBackend(env: Record<string, string>): Promise<BackendProcess> {
  const token = env['VX11_OPERATOR_TOKEN'] ?? newPrincipalToken();
  const child = spawn(process.execPath, ['dist/operator-backend.js'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      VX11_BACKEND_PORT: '0',
      VX11_LOG_LEVEL: 'debug',
      VX11_OPERATOR_TOKEN: token,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const exited = once(child, 'close').then(([code, signal]) => {
    witness('the output of a process', output.join('\n'));
    if (env['VX11_DATA_DIR'] !== undefined) witnessFiles(env['VX11_DATA_DIR']);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const url = new Promise<string>((resolve, reject) => {
    const take = (line: string) => {
      output.push(line);
      const address = /"url":"([^"]+)".*"message":"listening"/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    };
    createInterface(child.stdout).on('line', take);
    createInterface(child.stderr).on('line', take);
    void exited.then(({ code }) =>
      reject(new Error(`the backend ended with ${code}:\n${output.join('\n')}`)),
    );
  });
  const address = await url;
  return {
    url: address,
    caller: new Caller(address, token),
    pid: child.pid as number,
    output,
    exited,
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
