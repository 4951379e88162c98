// An old version of the product, from the history of this repository, in a work tree of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop } from '../../scripts/lib/bootstrap.mjs';

const PLACES = ['node_modules', 'client/node_modules', 'frontend/node_modules'];

/** The first commit that has the chart. @throws Stop in a shallow clone */
export function firstWithChart() {
  const args = ['log', '--diff-filter=A', '--format=%H', '--', 'helm/vx11-operator/Chart.yaml'];
  const commit = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .at(-1);
  if (!commit) throw new Stop('No commit has added the chart: is this clone shallow?');
  return commit;
}

/** Checks the commit out and gives it packages: this tree's where the lockfile is the same. */
export function checkOut(commit, directory) {
  const args = ['worktree', 'add', '--quiet', '--detach', directory, commit];
  execFileSync('git', args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const lock = (tree) => readFileSync(join(tree, 'package-lock.json'), 'utf8');
  if (lock(directory) === lock(root)) {
    for (const name of PLACES)
      if (existsSync(join(root, name))) symlinkSync(join(root, name), join(directory, name));
  } else {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'ignore' });
  }
}

export function removeCheckOut(directory) {
  spawnSync('git', ['worktree', 'remove', '--force', directory], { cwd: root });
}

/** Runs a script of the old version. @returns what it printed */
export function runOld(directory, ...args) {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, '.cache/compile') };
  const options = { cwd: directory, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  return execFileSync(process.execPath, args, options);
}
