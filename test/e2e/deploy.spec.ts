import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build } from '../support/process.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';
import { itLeaksNoToken } from '../support/secrets.js';

/**
 * `vx11 deploy` with a real system to smoke-test, and stand-ins for the two programs that it
 * drives: a `helm` that keeps its history in a file, and a `kubectl`. The real ones run in
 * `npm run test:cluster`.
 */
describe('vx11 deploy', () => {
  let backend: TestBackend;
  let gateway: TestGateway;
  let prometheus: Service;
  let home: string;
  let errorRate: string;
  /** What Prometheus was asked in the test. */
  let asked: string[];
  /** What Prometheus answers while a deployment runs: 503, or that no backend is up. */
  let whileDeploying: 'silent' | 'no backend' | undefined;

  beforeAll(async () => {
    await build();
    backend = await startBackend();
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
    prometheus = await startService(({ url }, res) => {
      const query = new URL(url, 'http://prometheus').searchParams.get('query') ?? '';
      asked.push(query);
      const isDeploying = existsSync(join(home, 'calls'));
      if (isDeploying && whileDeploying === 'silent') {
        res.writeHead(503).end('no Prometheus here');
        return;
      }
      const isDown = isDeploying && whileDeploying === 'no backend';
      const value = query.includes('5..')
        ? errorRate
        : query.startsWith('count(up')
          ? '1'
          : query.endsWith('== bool 0')
            ? String(Number(isDown))
            : 'NaN';
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ status: 'success', data: { result: [{ value: [0, value] }] } }));
    });
  });

  afterAll(async () => {
    await prometheus?.close();
    await gateway?.close();
    await backend?.close();
  });

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'vx11-deploy-'));
    mkdirSync(join(home, 'bin'));
    errorRate = '0';
    asked = [];
    whileDeploying = undefined;
    write('values.json', { image: { digest: '' } });
    write('history.json', [{ revision: 4, status: 'deployed', updated: '', app_version: '1' }]);
    write('pods.json', { items: [] });
    write('short.json', { errors: { for: '1s' }, instances: { downFor: '1s' } });
    program('helm', HELM);
    program(
      'kubectl',
      `process.stdout.write(require('fs').readFileSync(process.env.HOME + '/pods.json', 'utf8'))`,
    );
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const write = (file: string, value: unknown) =>
    writeFileSync(join(home, file), JSON.stringify(value));
  const read = (file: string) => readFileSync(join(home, file), 'utf8');

  function program(name: string, code: string) {
    const file = join(home, 'bin', name);
    writeFileSync(file, `#!${process.execPath}\n${code}`);
    chmodSync(file, 0o755);
  }

  const env = () => ({
    HOME: home,
    PATH: `${join(home, 'bin')}:/usr/bin:/bin`,
    VX11_URL: gateway.url,
    VX11_TOKEN: backend.token,
  });
  const args = (...more: string[]) => [
    '.cache/run/vx11.js',
    ...more,
    '--state',
    join(home, 'state'),
  ];
  const deploying = (version: string, ...more: string[]) =>
    args(
      'deploy',
      version,
      '--prometheus',
      prometheus.url,
      '--thresholds',
      join(home, 'short.json'),
      '--observe',
      '0.4',
      ...more,
    );

  function vx11(all: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, all, { env: env() }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  }

  it('upgrades backend, gateway and front end in this order, and reports it', async () => {
    const { code, out } = await vx11(deploying('2.0.0'));
    expect(out).toContain('Version 2.0.0 is deployed');
    expect(code).toBe(0);
    expect(read('calls').trim().split('\n')).toEqual([
      'upgrade backend.tag=2.0.0',
      'upgrade gateway.tag=2.0.0',
      'upgrade frontend.tag=2.0.0 neighbours.tag=2.0.0 image.tag=2.0.0',
    ]);
  });

  it('looks at the series of its own namespace, or at those of --selector', async () => {
    const others = (label: string) => asked.filter((query) => !query.includes(`${label}}`));
    await vx11(deploying('2.0.0', '--namespace', 'shop', '--dry-run'));
    expect(asked.length).toBeGreaterThan(0);
    expect(others('namespace=~"shop|"')).toEqual([]);
    asked = [];
    await vx11(deploying('2.0.0', '--selector', 'cluster="a"', '--dry-run'));
    expect(asked.length).toBeGreaterThan(0);
    expect(others('cluster="a"')).toEqual([]);
  });

  it('returns to the revision before phase 1 when the error rate is above its limit', async () => {
    write('short.json', { errors: { for: '0s' } });
    writeFileSync(join(home, 'calls'), '');
    const watching = setInterval(() => {
      if (read('calls').includes('gateway.tag')) errorRate = '0.2';
    }, 20);
    const { code, out } = await vx11(deploying('2.0.0'));
    clearInterval(watching);
    expect(out).toMatch(/taken back in phase [23] by error-rate: .*0\.2, limit 0\.01/);
    expect(code).toBe(1);
    expect(read('calls').trim().split('\n').at(-1)).toBe('rollback 4');
  });

  describe('with a pod of the new version that is not ready', () => {
    beforeEach(() =>
      write('pods.json', {
        items: [
          {
            // Old, or made by a clock that is behind this one.
            metadata: {
              name: 'operator-backend-x',
              creationTimestamp: new Date(Date.now() - 600_000).toISOString(),
            },
            spec: { containers: [{ image: 'vx11-operator:2.0.0' }] },
            status: { conditions: [{ type: 'Ready', status: 'False' }] },
          },
        ],
      }),
    );

    it('returns when it has not been ready for as long as it may', async () => {
      const { code, out } = await vx11(deploying('2.0.0', '--observe', '3'));
      expect(out).toContain('taken back in phase 1 by not-ready: pod operator-backend-x');
      expect(code).toBe(1);
    });

    it('goes on when it was seen so for a shorter time, whatever its age', async () => {
      write('short.json', { instances: { downFor: '1m' } });
      const { code, out } = await vx11(deploying('2.0.0'));
      expect(out).toContain('Version 2.0.0 is deployed');
      expect(code).toBe(0);
    });
  });

  it('goes on after a moment in which Prometheus does not answer', async () => {
    write('short.json', { instances: { downFor: '1m' } });
    whileDeploying = 'silent';
    const recovery = setInterval(() => {
      const state = join(home, 'state/vx11-vx11.json');
      if (existsSync(state) && readFileSync(state, 'utf8').includes('cannot look')) {
        whileDeploying = undefined;
      }
    }, 20);
    const { code, out } = await vx11(deploying('2.0.0'));
    clearInterval(recovery);
    expect(out).toMatch(/cannot look: Prometheus at .* does not answer/);
    expect(out).toContain('Version 2.0.0 is deployed');
    expect(code).toBe(0);
  });

  it('returns when nothing can be seen for longer, instead of leaving a phase half done', async () => {
    whileDeploying = 'silent';
    const { code, out } = await vx11(deploying('2.0.0'));
    expect(out).toContain('taken back in phase 1 by blind: for 1 s nothing could be seen');
    expect(code).toBe(1);
    expect(read('calls').trim().split('\n').at(-1)).toBe('rollback 4');
  });

  it('returns when Prometheus finds no operator-backend that is up', async () => {
    whileDeploying = 'no backend';
    const { code, out } = await vx11(deploying('2.0.0', '--observe', '3'));
    expect(out).toContain('taken back in phase 1 by backend-down');
    expect(code).toBe(1);
  });

  it('refuses a release with a digest, which would stay what runs', async () => {
    write('values.json', { image: { digest: 'sha256:abc' } });
    const { code, err } = await vx11(deploying('2.0.0'));
    expect(err).toContain('The release sets image.digest, and a digest wins over the version.');
    expect(code).toBe(1);
    expect(existsSync(join(home, 'calls'))).toBe(false);
  });

  it('changes nothing when the system is not fit, or on a dry run', async () => {
    errorRate = '0.5';
    write('short.json', { errors: { for: '0s' } });
    const sick = await vx11(deploying('2.0.0'));
    expect(sick.err).toContain('The system is not fit for a deployment: share of requests');
    expect(sick.code).toBe(1);
    errorRate = '0';
    const dry = await vx11(deploying('2.0.0', '--dry-run'));
    expect(dry.out).toContain('Phase 1 (backend) sets backend.tag=2.0.0');
    expect(dry.out).toContain('+ image: vx11-operator:backend.tag=2.0.0');
    expect(() => read('calls')).toThrow('ENOENT');
  });

  it('goes on after a kill -9 in phase 2, and takes the interrupted upgrade back first', async () => {
    write('slow', 'gateway');
    const killed = spawn(process.execPath, deploying('2.0.0'), { env: env(), stdio: 'ignore' });
    await until(() => {
      const rows = JSON.parse(read('history.json')) as { status: string }[];
      return rows.length > 2 && rows.at(-1)?.status === 'pending-upgrade';
    });
    killed.kill('SIGKILL');
    const again = await vx11(deploying('2.0.0'));
    expect(again.err).toContain('was interrupted after phase 1');
    const { helmPid } = JSON.parse(read('state/vx11-vx11.json')) as { helmPid: number };
    process.kill(helmPid, 'SIGKILL');
    rmSync(join(home, 'slow'));
    const { code, out } = await vx11(deploying('2.0.0', '--resume'));
    expect(out).toContain('an interrupted operation is taken back to revision 5');
    expect(out).toContain('Version 2.0.0 is deployed');
    expect(code).toBe(0);
  });

  it('ends with 1 when nobody reads its output any more, so that nobody takes it for deployed', async () => {
    for (const command of [deploying('2.0.0'), args('rollback')]) {
      const unread = spawn(process.execPath, command, { env: env() });
      unread.stdout.destroy();
      expect(await once(unread, 'exit')).toEqual([1, null]);
    }
  });

  it('is watched for hours through a time in which Prometheus does not answer', async () => {
    write('calls', '');
    const file = join(home, 'watch.jsonl');
    const watch = ['watch', '--prometheus', prometheus.url, '--file', file, '--every', '0'];
    const watching = spawn(process.execPath, ['.cache/run/vx11.js', ...watch], { env: env() });
    const shares = () =>
      (existsSync(file) ? read('watch.jsonl') : '')
        .split('\n')
        .filter((line) => line.includes('responses with 5xx') && line.endsWith('}'))
        .map((line) => (JSON.parse(line) as { value: number | null }).value);
    await until(() => shares().length > 0);
    whileDeploying = 'silent';
    await until(() => shares().at(-1) === null);
    whileDeploying = undefined;
    await until(() => shares().at(-1) !== null);
    expect(watching.exitCode).toBeNull();
    watching.kill();
    await once(watching, 'close');
  });

  it('says so when something else answers than a Prometheus', async () => {
    const health = `${gateway.url}/operator/api/health?`;
    const { code, err } = await vx11([
      '.cache/run/vx11.js',
      'watch',
      '--prometheus',
      health,
      '--once',
    ]);
    expect(err).toContain(`${health} is no Prometheus.`);
    expect(code).toBe(2);
  });

  it('rollback returns to the revision before the deployment', async () => {
    await vx11(deploying('2.0.0'));
    const { code, out } = await vx11(args('rollback'));
    expect(out).toContain('Back at revision 4; the smoke test passes.');
    expect(code).toBe(0);
  });
});

itLeaksNoToken();

/** Enough of Helm's history: revisions, states, and a log of what was changed. */
const HELM = `
const fs = require('fs');
const home = process.env.HOME;
const [verb, , third] = process.argv.slice(2);
const rows = JSON.parse(fs.readFileSync(home + '/history.json', 'utf8'));
const save = () => {
  fs.writeFileSync(home + '/new', JSON.stringify(rows));
  fs.renameSync(home + '/new', home + '/history.json');
};
const set = process.argv.filter((_, index, all) => all[index - 1] === '--set-string');
const log = (line) => fs.appendFileSync(home + '/calls', line + '\\n');
if (verb === 'history') process.stdout.write(JSON.stringify(rows));
else if (verb === 'get' && third !== undefined && process.argv[3] === 'values') process.stdout.write(fs.readFileSync(home + '/values.json'));
else if (verb === 'get') process.stdout.write('image: vx11-operator:1\\n');
else if (process.argv.includes('--dry-run=server')) process.stdout.write('MANIFEST:\\nimage: vx11-operator:' + set[0] + '\\n');
else {
  log(verb === 'upgrade' ? 'upgrade ' + set.join(' ') : 'rollback ' + third);
  const row = { revision: rows.at(-1).revision + 1, status: 'pending-' + verb, updated: '', app_version: '1' };
  rows.push(row);
  save();
  const slow = fs.existsSync(home + '/slow') && set.join().startsWith(JSON.parse(fs.readFileSync(home + '/slow', 'utf8')));
  setTimeout(() => {
    for (const one of rows) if (one.status === 'deployed') one.status = 'superseded';
    row.status = 'deployed';
    save();
  }, slow ? 600_000 : 10);
}
`;
