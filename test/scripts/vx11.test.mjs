import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';

const home = mkdtempSync(join(tmpdir(), 'vx11-command-'));
after(() => rmSync(home, { recursive: true }));

const vx11 = (cwd, inherited, ...args) => {
  const { INIT_CWD: _, ...env } = process.env;
  const script = join(root, 'scripts/vx11.mjs');
  return spawnSync(process.execPath, [script, ...args], {
    cwd,
    env: { ...env, ...inherited },
    encoding: 'utf8',
  });
};

for (const { how, cwd, inherited } of [
  { how: 'run from elsewhere', cwd: home, inherited: {} },
  { how: 'run from elsewhere by a script of npm', cwd: home, inherited: { INIT_CWD: '/' } },
  { how: 'run by npm, which changes into the project', cwd: root, inherited: { INIT_CWD: home } },
]) {
  test(`the command line, ${how}, finds the files that its user names`, () => {
    writeFileSync(join(home, 'export.jsonl'), 'no entry\n');
    const { status, stdout } = vx11(cwd, inherited, 'audit', 'verify', '--file', 'export.jsonl');
    assert.match(stdout, /unreadable/);
    assert.equal(status, 1);
    const token = { ...inherited, VX11_TOKEN_FILE: 'no-such-token' };
    const { stderr } = vx11(cwd, token, '--url', 'http://127.0.0.1:1', 'services');
    assert.match(stderr, /no-such-token cannot be read/);
    writeFileSync(join(home, 'token'), 'x'.repeat(32));
    const named = { ...inherited, VX11_TOKEN_FILE: 'token' };
    assert.equal(vx11(cwd, named, '--url', 'http://127.0.0.1:1', 'services').status, 3);
  });
}

test('the command line knows the settings in .env, and empty ones for none', () => {
  const clone = join(home, 'clone');
  mkdirSync(clone);
  cpSync(join(root, 'scripts'), join(clone, 'scripts'), { recursive: true });
  for (const name of readdirSync(root)) {
    if (!/^(scripts|\.env|\.git|\.data)$/.test(name))
      symlinkSync(join(root, name), join(clone, name));
  }
  writeFileSync(join(clone, '.env'), 'VX11_GATEWAY_PORT=1\nVX11_TOKEN=of-the-file\n');
  const ask = (inherited) => {
    const { VX11_URL: _, VX11_GATEWAY_PORT: __, ...env } = { ...process.env, ...inherited };
    const args = [join(clone, 'scripts/vx11.mjs'), 'services'];
    return spawnSync(process.execPath, args, { cwd: clone, env, encoding: 'utf8' }).stderr;
  };
  assert.match(ask({}), /http:\/\/127\.0\.0\.1:1 cannot be reached/);
  writeFileSync(join(clone, '.env'), 'VX11_URL=\nVX11_GATEWAY_PORT=1\nVX11_TOKEN=" "\n');
  assert.match(ask({ VX11_TOKEN_FILE: '/nowhere/token' }), /\/nowhere\/token cannot be read/);
  assert.match(ask({ VX11_TOKEN: 'x' }), /http:\/\/127\.0\.0\.1:1 cannot be reached/);
});
