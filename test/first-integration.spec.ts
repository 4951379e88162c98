// @needs curl
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { event } from './support/caller.js';
import { withGateway } from './support/fixtures.js';
import { ask } from './support/http.js';
import { Child } from './support/process/child.ts';
import { itLeaksNoToken, remember } from './support/secrets.js';

const PAGE = readFileSync('docs/first-integration.md', 'utf8');
const blocks = [...PAGE.matchAll(/^```sh( \w+)?\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', text = '']) => ({ kind: kind.trim(), text }),
);
const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind);

describe('docs/first-integration.md', () => {
  const { gateway } = withGateway();
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vx11-first-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const bash = (text: string) => ['-euo', 'pipefail', '-c', text];
  const env = () => ({
    PATH: process.env['PATH'] ?? '',
    T: gateway.caller.token,
    API: `${gateway.url}/operator/api`,
  });

  it('begins with the two variables that all of its commands use', () => {
    const [setup] = ofKind('setup');
    expect(setup?.text).toBe('T=$(cat .data/dev-token)\nAPI=http://127.0.0.1:8000/operator/api\n');
  });

  it('has commands that work in the order of the page', async () => {
    const run = promisify(execFile);
    const outputs: string[] = [];
    for (const { text } of ofKind('')) {
      outputs.push((await run('bash', bash(text), { cwd: directory, env: env() })).stdout);
    }
    const [published, read, resumed, created, own] = outputs;
    expect(JSON.parse(published!)).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(read).toMatch(/^event: snapshot$/m);
    expect(read).toContain('Order 7 placed');
    expect(resumed).not.toContain('Order 7 placed');
    expect(resumed).toMatch(/Order 8 placed[\s\S]*^event: recovered\ndata: \{"count":1,/m);
    expect(created).toBe('');
    expect(JSON.parse(own!)).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(outputs).toHaveLength(5);
    const token = remember(readFileSync(join(directory, 'shop.token'), 'utf8'), 'principal');
    const as = { headers: { 'x-vx11-token': token } };
    expect((await ask(gateway.url, '/operator/api/events', as)).status).toBe(403);
  });

  it('shows how to follow the stream', async () => {
    const [live] = ofKind('live');
    const reader = new Child({
      name: 'the live block',
      command: 'bash',
      args: bash(live!.text),
      env: env(),
    });
    await reader.line(/^event: snapshot$/);
    await gateway.caller.publish(event({ type: 'shop.order.placed' }));
    const [, json = ''] = await reader.line(/^data: (.*shop\.order\.placed.*)/);
    expect(JSON.parse(json)).toMatchObject({ type: 'shop.order.placed' });
    await reader.end('SIGKILL');
  });
});

itLeaksNoToken();
