import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../kernel/project-root.js';
import type { Api } from '../api.js';
import type { Context } from '../context.js';
import { Release } from '../deploy/helm.js';
import { EXIT } from '../errors.js';
import { runSmoke } from '../smoke.js';
import { difference } from './deploy.js';

interface BaselineOptions {
  readonly out: string;
  readonly backend?: string;
  readonly release?: string;
  readonly namespace: string;
  readonly tests?: string;
}

/** One file of a baseline: its name, and how to get its text. */
type Source = readonly [file: string, read: () => Promise<string>];

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** `vx11 baseline`: records the state before a deployment, and compares two such records. */
export function addBaseline(program: Command, context: Context): void {
  const baseline = program
    .command('baseline')
    .description('record the state before a deployment in a dated folder')
    .option('--out <dir>', 'where the folder is made', join(PROJECT_ROOT, '.data/baselines'))
    .option('--backend <url>', "operator-backend's own address, for OpenAPI and metrics")
    .option('--release <name>', 'Helm release whose manifests and values are recorded')
    .option('--namespace <name>', 'its namespace', 'vx11')
    .option('--tests <file>', 'output of `npm test`, to be kept with it')
    .action(async (options: BaselineOptions) => {
      const { api, output } = context();
      const folder = join(options.out, new Date().toISOString().replaceAll(/[:.]/g, '-'));
      mkdirSync(folder, { recursive: true });
      const files: Record<string, string> = {};
      const missing: string[] = [];
      for (const [file, read] of sources(api, options)) {
        try {
          const text = await read();
          writeFileSync(join(folder, file), text);
          files[file] = createHash('sha256').update(text).digest('hex');
        } catch (error) {
          missing.push(`${file}: ${(error as Error).message}`);
        }
      }
      writeFileSync(
        join(folder, 'index.json'),
        json({ at: new Date().toISOString(), files, missing }),
      );
      output.result({ folder, files: Object.keys(files), missing }, () =>
        [
          `${folder} has ${Object.keys(files).join(', ')}.`,
          ...missing.map((one) => `Missing: ${one}`),
        ].join('\n'),
      );
      if (missing.length > 0) process.exitCode = EXIT.failed;
    });
  baseline
    .command('diff <before> <after>')
    .description('the difference of two baselines, file by file')
    .action((before: string, after: string) => {
      const { output } = context();
      const names = new Set([...readdirSync(before), ...readdirSync(after)]);
      names.delete('index.json');
      const changes = Object.fromEntries(
        [...names]
          .toSorted()
          .map((name) => [name, difference(text(before, name), text(after, name))]),
      );
      output.result(changes, () =>
        Object.entries(changes)
          .map(([name, lines]) =>
            lines.length === 0
              ? `${name}: the same`
              : [`${name}:`, ...lines.map((line) => `  ${line}`)].join('\n'),
          )
          .join('\n'),
      );
    });
}

function text(folder: string, name: string): string {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : '';
}

function sources(api: Api, { backend, release, namespace, tests }: BaselineOptions): Source[] {
  const open = async (url: string) => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return answer.text();
  };
  const found: Source[] = [
    ['versions.json', async () => json(await (await api.open('/operator/api/health')).json())],
    ['services.json', async () => json(await api.get('/services'))],
    ['summary.json', async () => json(await api.get('/summary'))],
    // Shows that the log can be read, and its newest position.
    ['store.json', async () => json(await store(api))],
    ['smoke.json', async () => json((await runSmoke(api)).map(({ claim, ok }) => ({ claim, ok })))],
  ];
  if (backend !== undefined) {
    found.push(['openapi.json', async () => json(JSON.parse(await open(`${backend}/docs-json`)))]);
    found.push(['metrics.txt', () => open(`${backend}/metrics`)]);
  }
  if (release !== undefined) {
    const helm = new Release(release, namespace, '', undefined);
    found.push(['manifests.yaml', () => helm.manifest()]);
    // Existing secrets only: the values of the chart hold none.
    found.push(['values.yaml', () => helm.values()]);
    found.push(['history.json', async () => json(await helm.history())]);
  }
  if (tests !== undefined) found.push(['tests.txt', async () => readFileSync(tests, 'utf8')]);
  return found;
}

async function store(api: Api): Promise<unknown> {
  const { events } = await api.get<{ events: { position: string }[] }>('/events?limit=500');
  const positions = events.map(({ position }) => position);
  return {
    newest: positions.toSorted().at(-1) ?? null,
    read: positions.length,
    unique: new Set(positions).size === positions.length,
  };
}
