// Writes the pods of the cluster test as Prometheus targets, every two seconds.
//   node targets.mjs FILE NAMESPACE...
import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [file, ...namespaces] = process.argv.slice(2);
const PORTS = { 'operator-backend': 8011, 'tentaculo-link': 8010 };

for (;;) {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(targets()));
    renameSync(`${file}.new`, file);
  } catch (error) {
    // The API server may be busy; the last targets stay.
    console.error(error.message);
  }
  await delay(2_000);
}

function targets() {
  const args = ['get', 'pods', '-A', '-o', 'json'];
  const { items } = JSON.parse(execFileSync('kubectl', args, { encoding: 'utf8' }));
  return items.flatMap(({ metadata, status }) => {
    const { namespace } = metadata;
    if (!namespaces.includes(namespace)) return [];
    const job = metadata.labels['app.kubernetes.io/name'];
    if (!PORTS[job] || !status.podIP || status.phase !== 'Running') return [];
    const labels = { job, namespace, pod: metadata.name };
    return [{ targets: [`${status.podIP}:${PORTS[job]}`], labels }];
  });
}
