import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { witness } from '../../support/secrets.js';

const root = join(__dirname, '../../..');

/** One of our built processes, which can be killed and started again where it was. */
export class OurProcess {
  private child: ChildProcess | undefined;
  private port = 0;
  private address = '';
  private readonly output: string[] = [];

  constructor(
    private readonly entry: string,
    private readonly portVariable: string,
    private readonly env: Record<string, string>,
  ) {}

  get url(): string {
    return this.address;
  }

  /** Resolves when it listens; the port stays the same from the first time on. */
  async start(): Promise<this> {
    const child = spawn(process.execPath, [`dist/${this.entry}.js`], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        ...this.env,
        [this.portVariable]: String(this.port),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.address = await new Promise<string>((resolve, reject) => {
      const take = (line: string) => {
        this.output.push(line);
        const url = /"url":"(http:\/\/[^/"]+).*"message":"listening"/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      };
      createInterface(child.stdout).on('line', take);
      createInterface(child.stderr).on('line', take);
      child.once('exit', (code) =>
        reject(new Error(`${this.entry} ended with ${code}:\n${this.output.join('\n')}`)),
      );
    });
    this.port = Number(new URL(this.address).port);
    return this;
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
    witness(`the log of ${this.entry}`, this.output.join('\n'));
  }
}
