import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { clusterProcesses } from '../../scripts/lib/cluster-processes.mjs';
import { devProcesses } from '../../scripts/lib/dev-processes.mjs';
import { processes } from '../../scripts/lib/processes.mjs';
import { SECRETS } from '../../scripts/lib/secrets.mjs';
import { Child } from '../support/process/child.ts';
import { freePorts } from '../support/process/ports.ts';

const SUPERVISOR = new URL('../../scripts/lib/supervisor.mjs', import.meta.url).href;
const ALL = Object.values(SECRETS).flat();

const PRINCIPALS = SECRETS.principals;
const GATEWAY = [
  ...PRINCIPALS,
  'VX11_NEIGHBOUR_TOKEN',
  'VX11_HOP_KEYS',
  'VX11_NEIGHBOUR_HOP_KEYS',
  ...SECRETS.tracing,
];
const BACKEND = [
  ...PRINCIPALS,
  'VX11_NEIGHBOUR_TOKEN',
  'VX11_HOP_KEYS',
  'VX11_TOKEN_KEYS',
  'VX11_AUDIT_KEY',
  ...SECRETS.redis,
  ...SECRETS.tracing,
];
const NEIGHBOUR = ['VX11_NEIGHBOUR_TOKEN', 'VX11_NEIGHBOUR_HOP_KEYS', ...SECRETS.tracing];
const EXPECTED = {
  'tentaculo-link': GATEWAY,
  'operator-backend': BACKEND,
  'operator-backend 1': BACKEND,
  'operator-backend 2': BACKEND,
  'operator-backend 3': BACKEND,
  'operator-frontend': [],
  madre: NEIGHBOUR,
  switch: NEIGHBOUR,
  hermes: NEIGHBOUR,
  redis: [],
  compiler: [],
};

const secretOf = (name) =>
  name === 'VX11_REDIS_URL'
    ? 'redis://user:password-in-the-url@127.0.0.1:1'
    : `the-secret-in-${name}-of-this-test`;

/** Serves what the supervisor asks for, under the variable that its last argument names. */
const SERVICE = `
import { createServer } from 'node:http';
const port = process.env[process.argv.at(-1)];
createServer((request, response) => response.end('ok')).listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

test('the environment of each running process holds the secrets that it needs, no others', async () => {
  const home = await mkdtemp(join(tmpdir(), 'vx11-secrets-'));
  await writeFile(join(home, 'service.mjs'), SERVICE);
  // The real rows with another program, so that the test takes no time.
  const rows = processes.map((row) => ({
    ...row,
    entry: 'service.mjs',
    args: [row.portVariable],
    alsoListens: [],
    needs: [],
  }));
  const ports = await freePorts(rows.length);
  const env = {
    ...Object.fromEntries(ALL.map((name) => [name, secretOf(name)])),
    ...Object.fromEntries(rows.map((row, index) => [row.portVariable, String(ports[index])])),
  };
  const system = new Child({
    name: 'the supervisor',
    args: [
      '--input-type=module',
      '-e',
      `import { supervise } from ${JSON.stringify(SUPERVISOR)};
       process.exit(await supervise(${JSON.stringify(home)}, ${JSON.stringify(rows)}));`,
    ],
    env,
  });
  try {
    await system.line(/VX11 Operator is up/);
    const children = await childrenOf(system.pid);
    assert.equal(children.length, rows.length);
    for (const { args, secrets } of children) {
      const row = rows.find(({ portVariable }) => args.includes(portVariable));
      assert.deepEqual([row.name, secrets], [row.name, EXPECTED[row.name].toSorted()]);
    }
  } finally {
    await system.end('SIGTERM');
    await rm(home, { recursive: true });
  }
});

test('every process of every way to start is in this table', () => {
  for (const row of [...processes, ...clusterProcesses({}), ...devProcesses({})]) {
    const given = (row.secrets ?? []).flatMap((kind) => SECRETS[kind]);
    assert.deepEqual([row.name, given.toSorted()], [row.name, EXPECTED[row.name]?.toSorted()]);
  }
});

test('every setting that the reference calls secret is withheld by default', async () => {
  const reference = await readFile('docs/reference/configuration.md', 'utf8');
  const secret = [...reference.matchAll(/^\| `(\w+)` \|.*\bSecret\./gm)].map(([, name]) => name);
  const withheld = ALL.filter((name) => name !== 'VX11_TOKEN' && reference.includes(`\`${name}\``));
  assert.ok(secret.length > 8);
  assert.deepEqual(new Set(secret), new Set(withheld));
});

test('principals generate prints a token of 256 bits once, and the row that admits it', async () => {
  const args = ['scripts/principals.mjs', 'generate', 'ci', 'events:publish', 'events:read'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [token, row] = [...stdout.matchAll(/^ {2}(\S+)$/gm)].map(([, text]) => text);
  assert.match(token, /^vx11p_[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(JSON.parse(row), {
    id: 'ci',
    tokenSha256: createHash('sha256').update(token).digest('hex'),
    scopes: ['events:publish', 'events:read'],
  });
  assert.equal(stdout.split(token).length, 2);
  const again = await promisify(execFile)(process.execPath, args);
  assert.ok(!again.stdout.includes(token));
});

/** The direct children of a process: their arguments, and which secrets are in their environment. */
async function childrenOf(parent) {
  const listed = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return Promise.all(
    listed
      .split(' ')
      .filter(Boolean)
      .map(async (pid) => {
        const [args, environ] = await Promise.all(
          ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
        );
        const secrets = ALL.filter((name) => environ.includes(secretOf(name)));
        return { args: args.split('\0'), secrets: secrets.toSorted() };
      }),
  );
}
