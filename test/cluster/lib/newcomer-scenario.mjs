// The chart's README, done word for word by somebody who has only the sources and a cluster.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/bootstrap.mjs';
import { NODE_IP } from './settings.mjs';
import { NEWCOMER_NAMESPACE, System } from './system.mjs';

const README = join(root, 'helm/vx11-operator/README.md');
/** What the README cannot know: this cluster's images, its Redis, and that it is small. */
const HERE = {
  'image.repository': 'localhost/vx11-operator',
  'image.tag': 'v1',
  'image.pullPolicy': 'Never',
  'frontend.image.repository': 'localhost/vx11-operator-panel',
  'backend.resources.requests.cpu': '50m',
  'gateway.resources.requests.cpu': '50m',
  'redis.prefix': 'newcomer:',
};

/** The first block of commands below a heading. */
function commands(heading) {
  const [, below] = readFileSync(README, 'utf8').split(`\n## ${heading}\n`);
  const [, block] = /```sh\n([\s\S]*?)```/.exec(below ?? '') ?? [];
  if (!block) throw new Error(`README.md has no commands below "${heading}".`);
  return block
    .replaceAll('-n vx11', `-n ${NEWCOMER_NAMESPACE}`)
    .replace('create namespace vx11', `create namespace ${NEWCOMER_NAMESPACE}`);
}

export const newcomerScenario = {
  async newcomer({ cluster }) {
    const folder = join(cluster.home, 'newcomer');
    mkdirSync(folder);
    const file = join(folder, 'principals.json');
    const said = join(folder, 'said');
    // The two lines that a person copies by hand, and the address of the Redis.
    const secrets = commands('Before the installation')
      .replace(
        /^(npm run .*)\n#.*\n/m,
        `$1 > ${said}\necho "[$(grep -o '{.*}' ${said})]" > ${file}\n`,
      )
      .replace('--from-file=principals.json', `--from-file=${file}`)
      .replace(/rediss:\/\/\S+/, `redis://${NODE_IP}:6379/0`);
    const install = commands('Installation').trim();
    const set = Object.entries(HERE).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const from = performance.now();
    const script = `set -e\ncd ${root}\n${secrets}\n${install} ${set.join(' ')} --timeout 300s\n`;
    cluster.run('bash', ['-c', script]);
    const installed = Math.round((performance.now() - from) / 1000);
    const system = new System(cluster, NEWCOMER_NAMESPACE);
    system.token = readFileSync(said, 'utf8').split('\n')[2].trim();
    await system.smoke();
    system.helm('uninstall', 'vx11', '--wait', '--timeout', '120s');
    cluster.kubectl('delete', 'namespace', NEWCOMER_NAMESPACE, '--timeout=120s');
    return { installed };
  },
};
