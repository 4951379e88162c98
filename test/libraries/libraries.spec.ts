/**
 * What the SSE libraries of four languages make of the stream: open, 1,000 events in
 * order, a cut connection, resume without loss, goodbye, and no event without data.
 * `npm test` runs those of Node; `npm run test:libraries` those of Python, Go and Java too.
 * docs/reference/stream.md has the table.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { go, installed, isHere, java, node, python, type Program } from './programs.js';

const LIVE = 1_000;
const MISSED = 50;
const languages = process.env['VX11_TEST_LIBRARIES'] === 'all' ? [node, python, go, java] : [node];
const BATCH = 500;

/** One event as the library gave it. Libraries call an unnamed event '' or 'message'. */
interface Line {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

class Reader {
  readonly lines: Line[] = [];
  readonly errors: string[] = [];
  readonly exited: Promise<number | null>;
  private readonly child;

  constructor([command, ...args]: Program, library: string, url: string) {
    this.child = spawn(command, [...args, library, url], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(this.child.stdout).on('line', (line) => this.lines.push(JSON.parse(line)));
    createInterface(this.child.stderr).on('line', (line) => this.errors.push(line));
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  named(name: string): Line[] {
    return this.lines.filter((line) => line.event === name);
  }

  /** The numbers in the unnamed events. */
  get numbers(): number[] {
    return this.lines
      .filter((line) => line.event === '' || line.event === 'message')
      .map(({ data }) => JSON.parse(data).data.n);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('the stream, read by libraries of others', () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startBackend({});
  });
  afterAll(() => backend.close());

  /** Publishes numbered events of a module. */
  async function publish(module: string, from: number, to: number): Promise<void> {
    for (let first = from; first < to; first += BATCH) {
      const size = Math.min(BATCH, to - first);
      await backend.caller.publish(
        ...Array.from({ length: size }, (_, n) => event({ module, data: { n: first + n } })),
      );
    }
  }

  for (const language of languages) {
    const here = isHere(language);
    const title = here ? language.name : `${language.name} (not run: no ${language.needs} here)`;
    // Skipped, and counted as such, where the language is missing.
    (here ? describe : describe.skip)(`in ${title}`, () => {
      let program: Program;
      beforeAll(async () => {
        program = await installed(language);
      }, 240_000);

      it.each(language.libraries)('%s reads, resumes and ends', async (library) => {
        const module = library.replaceAll(/[^a-z0-9]/g, '-');
        const proxy = await TcpProxy.to(Number(new URL(backend.url).port));
        const token = await backend.caller.issue();
        const path = `/operator/api/events/stream?token=${token}&module=${module}`;
        const reader = new Reader(program, library, `http://127.0.0.1:${proxy.port}${path}`);
        try {
          await eventually(
            async () => reader.lines,
            ({ length }) => length > 0,
          );
          expect(reader.lines[0]?.event).toBe('snapshot');

          await publish(module, 0, LIVE);
          await eventually(
            async () => reader.numbers,
            ({ length }) => length >= LIVE,
          );
          expect(reader.numbers).toEqual(upTo(LIVE));

          proxy.cut();
          await publish(module, LIVE, LIVE + MISSED);
          proxy.restore();
          await eventually(
            async () => reader.named('recovered'),
            ({ length }) => length > 0,
          );
          expect(reader.numbers).toEqual(upTo(LIVE + MISSED));

          const { json } = await backend.caller.api('/streams');
          const open = (json.streams as { id: string; filter: { module?: string[] }[] }[]).filter(
            ({ filter }) => filter.some((spec) => spec.module?.includes(module)),
          );
          expect(open).toHaveLength(1);
          await backend.caller.api(`/streams/${open[0]?.id}`, { method: 'DELETE' });
          expect(await reader.exited).toBe(0);
          const { reason, reconnect } = JSON.parse(reader.named('goodbye')[0]?.data ?? '{}');
          expect({ reason, reconnect }).toEqual({ reason: 'admin', reconnect: false });
          expect(reader.lines.filter(({ data }) => data === '')).toEqual([]);
        } catch (error) {
          throw new Error(`${library}: ${reader.errors.join('\n')}`, { cause: error });
        } finally {
          reader.kill();
          await proxy.close();
        }
      });
    });
  }
});
