// A run that is killed while a pod runs on its cluster; the next run has to clean up after it.
// Before it a removal was killed, which left control groups without a process.
import { globSync, mkdirSync } from 'node:fs';
import { Cluster } from './lib/cluster.mjs';

for (const pids of globSync('/sys/fs/cgroup/pids'))
  mkdirSync(`${pids}/kubepods/burstable/left`, { recursive: true });
const cluster = new Cluster(() => {});
try {
  await cluster.start();
  await cluster.until('pods may be made', () =>
    cluster.succeeds('kubectl', ['get', 'serviceaccount', 'default']),
  );
  cluster.kubectl('run', 'left', '--image=localhost/pause:1', '--image-pull-policy=Never');
  cluster.kubectl('wait', '--for=condition=Ready', 'pod/left', '--timeout=60s');
} catch (error) {
  console.error(error);
  await cluster.stop();
  process.exit(1);
}
process.kill(process.pid, 'SIGKILL');
