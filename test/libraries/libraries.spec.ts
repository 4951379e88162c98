/**
 * What the SSE libraries of four languages and two browsers make of the stream: open,
 * 1,000 events in order, a cut connection, resume without loss, goodbye, and no event
 * without data. `npm test` runs the browsers and Node; `npm run test:libraries` runs
 * Python, Go and Java too. docs/reference/stream.md has the table.
 * @needs chromium firefox-esr
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { chromium, firefox } from './browsers.js';
import { go, java, node, python } from './programs.js';
import type { Line, Platform, ReadyPlatform } from './reader.js';

jest.setTimeout(120_000);

const LIVE = 1_000;
const MISSED = 50;
const BATCH = 500;
/** Installing a language's libraries takes as long as its registry does. */
const INSTALL_MS = 240_000;

/** Their libraries come with the system or with npm. */
const always = [chromium, firefox, node];
/** Their libraries come from other registries, once for each version. */
const onRequest = [python, go, java];
const asked = process.env['VX11_TEST_LIBRARIES'] === 'all' ? [...always, ...onRequest] : always;

const MANIFESTS = [
  'package.json',
  'test/libraries/python/requirements.txt',
  'test/libraries/go/go.mod',
  'test/libraries/java/pom.xml',
]
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

function isHere({ probe }: Platform): boolean {
  return spawnSync('sh', ['-c', probe]).status === 0;
}

function named(name: string, lines: readonly Line[]): readonly Line[] {
  return lines.filter((line) => line.event === name);
}

/** The numbers in the unnamed events. */
function numbers(lines: readonly Line[]): number[] {
  return lines
    .filter((line) => line.event === '' || line.event === 'message')
    .map(({ data }) => JSON.parse(data).data.n);
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

  for (const platform of asked) {
    const { name, needs, libraries } = platform;
    const here = isHere(platform);
    // Jest counts a missing platform as skipped, and `npm test` counts skipped as failed.
    (here ? describe : describe.skip)(here ? name : `${name} (not run: needs ${needs})`, () => {
      let ready: ReadyPlatform;
      beforeAll(async () => {
        ready = await platform.prepare();
      }, INSTALL_MS);
      afterAll(() => ready.close());

      it.each(libraries)('%s reads, resumes and ends', async (library) => {
        const module = `${name}-${library}`.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
        const proxy = await TcpProxy.to(backend.url);
        const token = await backend.caller.issue();
        const path = `/operator/api/events/stream?token=${token}&module=${module}`;
        const reader = await ready.open(library, `${proxy.url}${path}`);
        try {
          const first = await eventually(
            () => reader.lines(),
            ({ length }) => length > 0,
          );
          expect(first[0]?.event).toBe('snapshot');

          await publish(module, 0, LIVE);
          const live = await eventually(
            () => reader.lines(),
            (lines) => numbers(lines).length >= LIVE,
          );
          expect(numbers(live)).toEqual(upTo(LIVE));

          proxy.cut();
          await publish(module, LIVE, LIVE + MISSED);
          proxy.restore();
          const resumed = await eventually(
            () => reader.lines(),
            (lines) => named('recovered', lines).length > 0,
          );
          expect(numbers(resumed)).toEqual(upTo(LIVE + MISSED));

          const { json } = await backend.caller.api('/streams');
          const streams = (
            json.streams as { id: string; filter: { module?: string[] }[] }[]
          ).filter(({ filter }) => filter.some((spec) => spec.module?.includes(module)));
          expect(streams).toHaveLength(1);
          await backend.caller.api(`/streams/${streams[0]?.id}`, { method: 'DELETE' });
          await reader.stopped();
          const all = await reader.lines();
          const { reason, reconnect } = JSON.parse(named('goodbye', all)[0]?.data ?? '{}');
          expect({ reason, reconnect }).toEqual({ reason: 'admin', reconnect: false });
          expect(all.filter(({ data }) => data === '')).toEqual([]);
        } catch (error) {
          throw new Error(`${library}: ${reader.errors.join('\n')}`, { cause: error });
        } finally {
          await reader.close();
          await proxy.close();
        }
      });
    });
  }

  const ofRegistries = [node, python, go, java].flatMap(({ libraries }) => libraries);
  it.each(ofRegistries)('%s is in docs/reference/stream.md with its version', (library) => {
    const rows = readFileSync('docs/reference/stream.md', 'utf8').replaceAll('`', '').split('\n');
    const row = rows.find((line) => line.startsWith(`| ${library} `));
    expect(row?.split('|')[2]?.trim()).toBe(versionOf(library));
  });
});

/** As package.json, requirements.txt, go.mod and pom.xml write it. */
function versionOf(library: string): string | undefined {
  const version = '(?:": "|==|(?:/v\\d+)? v|</artifactId>\\s*<version>)([\\d.]+)';
  return new RegExp(`[>/"\n]${library}${version}`).exec(MANIFESTS)?.[1];
}
