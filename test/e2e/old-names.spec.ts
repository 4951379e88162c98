// @needs python3
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { build } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** The commands that operators know by their old names. */
describe('the old script names', () => {
  let backend: TestBackend;
  let gateway: TestGateway;
  let home: string;

  beforeAll(async () => {
    await build();
    home = mkdtempSync(join(tmpdir(), 'vx11-scripts-'));
    backend = await startBackend();
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
  });

  afterAll(async () => {
    await gateway?.close();
    await backend?.close();
    rmSync(home, { recursive: true, force: true });
  });

  function run(file: string, args: string[], env: Record<string, string> = {}) {
    const settings = {
      PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
      HOME: home,
      VX11_URL: gateway.url,
      VX11_TOKEN: backend.token,
      ...env,
    };
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(file, args, { env: settings }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  }

  it('test_sse_ephemeral_token.py passes its five smoke tests on a good system', async () => {
    const { code, out } = await run('scripts/test_sse_ephemeral_token.py', []);
    expect(out.trim().split('\n').at(-1)).toBe('5 passed, 0 failed');
    expect(code).toBe(0);
    expect(out).not.toContain(backend.token);
  });

  it('test_sse_ephemeral_token.py fails with a token that may do nothing', async () => {
    const { code, out } = await run('scripts/test_sse_ephemeral_token.py', [], {
      VX11_TOKEN: 'a-token-that-nobody-has-issued',
    });
    expect(out.trim().split('\n').at(-1)).toBe('3 passed, 2 failed');
    expect(code).toBe(1);
  });

  it('fase_0_5_forensic_canonical.sh records a baseline, and two of them compare equal', async () => {
    const out = join(home, 'baselines');
    const args = ['--out', out, '--backend', backend.url];
    expect((await run('scripts/fase_0_5_forensic_canonical.sh', args)).code).toBe(0);
    const [folder] = readdirSync(out).map((name) => join(out, name));
    expect(readdirSync(folder!).toSorted()).toEqual([
      'index.json',
      'metrics.txt',
      'openapi.json',
      'services.json',
      'smoke.json',
      'store.json',
      'summary.json',
      'versions.json',
    ]);
    const same = await run('scripts/vx11.mjs', ['baseline', 'diff', folder!, folder!]);
    expect(same.out).toContain('openapi.json: the same');
  });

  it('deploy_automation.sh explains itself, and passes its verb on', async () => {
    const { code, err } = await run('scripts/deploy_automation.sh', ['help']);
    expect(err).toContain('deploy VERSION');
    expect(code).toBe(2);
    const deploy = await run('scripts/deploy_automation.sh', ['deploy', '2.0.0'], {
      PATH: join(process.execPath, '..') + ':/usr/bin:/bin',
      VX11_PROMETHEUS_URL: 'http://127.0.0.1:9',
    });
    // Without helm, or with one that reaches no cluster.
    expect(deploy.err).toMatch(/^helm (cannot be started|history \S+ failed)/);
    expect(deploy.code).not.toBe(0);
  });

  it('final_analysis_report.sh has a section for each subject', async () => {
    const { out } = await run('scripts/final_analysis_report.sh', [], {
      VX11_BASELINES: join(home, 'baselines'),
    });
    expect(out.match(/^## .*$/gm)).toEqual(['## Smoke test', '## Services', '## Adoption']);
    expect(out).toContain('All five steps passed.');
  });
});

itLeaksNoToken();
