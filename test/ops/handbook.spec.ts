import { execFile } from 'node:child_process';
import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { ALERTS } from '../../ops/alerts.js';
import { DRILLS } from '../../ops/drills/drills.js';
import { commandsOf } from '../../ops/drills/runbook.js';
import { startBackend, newDataDir, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build } from '../support/process.js';
import { freePort } from '../support/process/ports.ts';
import { startService, type Service } from '../support/service.js';

const PAGES = globSync('docs/{operational,concepts,reference}/*.md').sort();
const RUNBOOKS = 'docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md';
/** The pages whose commands need nothing but a running system. */
const EXECUTED = [
  'docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md',
  'docs/operational/QUICK_REFERENCE_OPS_CHEATSHEET.md',
  'docs/operational/MONITORING_EPHEMERAL_TOKENS.md',
  'docs/operational/DEPLOYMENT_CHECKLIST_PRODUCTION.md',
  'docs/reference/command-line.md',
];

const text = (file: string) => readFileSync(file, 'utf8');

/** Headings of level two with what stands below them. */
function sections(file: string): Map<string, string> {
  const parts = text(file).split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

/** The commands of a page: each block of shell, with the heading it stands under. */
function commands(file: string): [heading: string, script: string][] {
  return text(file)
    .split(/^#+ /m)
    .flatMap((part) =>
      [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script = '']): [string, string] => [
        `${basename(file)}: ${part.slice(0, part.indexOf('\n'))}`,
        script,
      ]),
    );
}

/** By these names other pages, alerts and people look for them. */
const HANDBOOK = [
  'DEPLOYMENT_CHECKLIST_PRODUCTION.md',
  'INDEX_OPERATIONAL_DOCUMENTATION.md',
  'MONITORING_EPHEMERAL_TOKENS.md',
  'QUICK_REFERENCE_OPS_CHEATSHEET.md',
  'RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md',
  'SCALING_GUIDE_EPHEMERAL_TOKENS.md',
];

describe('the operations handbook', () => {
  let backend: TestBackend;
  let gateway: TestGateway;
  let service: Service;
  let home: string;

  beforeAll(async () => {
    await build();
    // `vx11 services` is about all seven: what only has to be up answers 200 here.
    service = await startService();
    const port = await freePort();
    backend = await startBackend({
      VX11_GATEWAY_URL: `http://127.0.0.1:${port}`,
      VX11_MADRE_URL: service.url,
      VX11_SWITCH_URL: service.url,
      VX11_HERMES_URL: service.url,
      VX11_FRONTEND_URL: service.url,
    });
    gateway = await startGateway({
      VX11_GATEWAY_PORT: String(port),
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
    home = newDataDir();
    const shim = join(home, 'vx11');
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" .cache/run/vx11.js "$@"\n`);
    chmodSync(shim, 0o700);
  });
  afterAll(async () => {
    await gateway?.close();
    await backend?.close();
    await service?.close();
  });

  function shell(script: string): Promise<{ code: number; output: string }> {
    writeFileSync(join(home, 'log'), backend.log.join(''));
    const env = {
      PATH: `${home}:${process.env['PATH']}`,
      VX11_URL: gateway.url,
      VX11_TOKEN: backend.token,
      BACKEND: backend.url,
      PRINCIPAL: 'nobody',
      LOG_FILE: join(home, 'log'),
      DATA_DIR: backend.dataDir,
    };
    return new Promise((resolve) => {
      execFile('bash', ['-eu', '-c', script], { env, timeout: 50_000 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, output: out + err }),
      );
    });
  }

  it('has its pages, and its index names each of docs/operational', () => {
    const pages = globSync('docs/operational/*.md').map((file) => basename(file));
    expect(pages).toEqual(expect.arrayContaining(HANDBOOK));
    const index = text('docs/operational/INDEX_OPERATIONAL_DOCUMENTATION.md');
    expect(
      pages.filter((page) => !page.startsWith('INDEX') && !index.includes(`(${page}`)),
    ).toEqual([]);
  });

  it('has a drill for each runbook, and none without one', () => {
    const drilled = [...new Set(DRILLS.map(({ name, runbook }) => runbook ?? name))];
    expect([...sections(RUNBOOKS).keys()].sort()).toEqual(drilled.sort());
    for (const heading of drilled) expect(() => commandsOf(heading)).not.toThrow();
  });

  it('has a drill that makes each alert fire', () => {
    const { groups } = parse(text('ops/prometheus/rules.yaml')) as {
      groups: { rules: { alert?: string }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
    const driven = DRILLS.flatMap(({ alert, also = [] }) => [alert, ...also]);
    expect(alerts.length).toBeGreaterThan(30);
    expect(alerts.filter((alert) => !driven.includes(alert))).toEqual([]);
  });

  it('has a runbook for each alert, and each says what to do', () => {
    const runbooks = sections(RUNBOOKS);
    const wanted = [...ALERTS.map(({ name }) => name), 'ErrorBudgetBurn'];
    expect(wanted.filter((name) => !runbooks.has(name))).toEqual([]);
    for (const [name, body] of runbooks) {
      const parts = ['Meaning', 'Verify'].filter((part) => !body.includes(`**${part}`));
      expect({ name, missing: parts }).toEqual({ name, missing: [] });
      expect(body).toMatch(/\*\*(Fix|Impact, diagnose, fix)/);
    }
  });

  it('names only metrics that exist', async () => {
    const there = [
      await (await fetch(`${backend.url}/metrics`)).text(),
      await gateway.registry.metrics(),
      // Registered with a Redis only; docs/operational/redis.md and RedisDown speak of it.
      '# TYPE vx11_operator_redis_up gauge',
    ].join('\n');
    const known = new Set([...there.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    const named = PAGES.flatMap((file) =>
      [...text(file).matchAll(/\b(?:vx11_(?:operator|http|gateway)|nodejs|process)_\w+/g)]
        .map(([name]) => name)
        // A prefix in a pattern: `vx11_operator_(a|b)`.
        .filter((name) => !name.endsWith('_'))
        .map((name) => ({ file, name: name.replace(/_(bucket|count|sum)$/, '') })),
    );
    expect(named.length).toBeGreaterThan(20);
    const matches = (name: string) =>
      [...known].some((one) => one === name || one?.startsWith(name));
    expect(named.filter(({ name }) => !matches(name))).toEqual([]);
  });

  it('links to pages and headings that exist', () => {
    const broken = PAGES.flatMap((file) =>
      [...text(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, path = '', anchor]) => !hasTarget(file, path, anchor))
        .map(([link]) => `${file}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it.each(EXECUTED.flatMap(commands))(
    '%s: the command works as written',
    async (_where, script) => {
      const { code, output } = await shell(script);
      // Two commands of the runbooks act on a principal that only an incident knows.
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.not.stringContaining('not found'),
      });
    },
  );
});

function hasTarget(file: string, path: string, anchor: string | undefined): boolean {
  const target = path === '' ? file : join(file, '..', path);
  let page: string;
  try {
    page = text(target);
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  if (anchor === undefined) return true;
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  return anchors.includes(anchor);
}
