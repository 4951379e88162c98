// Removes what a cluster left on the machine, whether it was stopped or its run was killed.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A cluster's directory is named after the process of its run. */
export const homePrefix = (pid) => join(tmpdir(), `vx11-cluster-${pid}-`);
export const netnsOf = (pid) => `vx11-${pid}`;

/**
 * Removes the clusters of runs that were killed.
 * @throws Error when another run is under way, or another kubelet runs
 */
export async function sweepKilledRuns() {
  for (const home of globSync(`${homePrefix('*')}*`)) {
    const pid = Number(basename(home).split('-')[2]);
    if (pid === process.pid) continue;
    if (read(`/proc/${pid}/cmdline`).includes('test/cluster/')) {
      throw new Error(`Another run is under way: process ${pid}.`);
    }
    await sweep(home, pid);
  }
  // A removal that was itself killed leaves groups without a process.
  await removeGroups();
  if (globSync('/sys/fs/cgroup/*/kubepods').length > 0) {
    throw new Error(
      'Pods of another kubelet run on this machine (/sys/fs/cgroup/*/kubepods). ' +
        'Stop that kubelet and its pods, then run this again.',
    );
  }
}

/** Leaves no process, mount, namespace, control group and directory of the run's cluster. */
export async function sweep(home, pid) {
  // The containers' processes are children of containerd's shims, not of containerd.
  for (const shim of processesWith(home)) kill(shim, 'SIGKILL');
  for (const file of globSync('/sys/fs/cgroup/*/kubepods/**/cgroup.procs')) {
    // Another kubelet's containers have no mount of this cluster.
    const isOurs = (one) => read(`/proc/${one}/mountinfo`).includes(basename(home));
    for (const one of numbers(read(file)).filter(isOurs)) kill(one, 'SIGKILL');
  }
  for (const one of processesIn(pid)) kill(one, 'SIGKILL');
  await delay(500);
  for (const path of mountsOf(home).toReversed()) spawnSync('umount', ['-l', path]);
  // The pods' own network namespaces: those with an address of this cluster's bridge.
  for (const path of globSync('/run/netns/cni-*')) {
    const { stdout } = spawnSync('nsenter', [`--net=${path}`, 'ip', '-4', 'addr'], {
      encoding: 'utf8',
    });
    if (stdout?.includes(' 10.88.0.') || !stdout?.includes('inet ')) {
      spawnSync('ip', ['netns', 'del', basename(path)]);
    }
  }
  spawnSync('ip', ['netns', 'del', netnsOf(pid)]);
  await removeGroups();
  rmSync(home, { recursive: true, force: true });
}

/** Removes the pods' control groups in which no process runs; a process may take moments to end. */
async function removeGroups() {
  for (let round = 0; round < 20; round += 1) {
    const left = globSync('/sys/fs/cgroup/*/kubepods{,/**/*/}').toSorted(
      (a, b) => b.length - a.length,
    );
    if (left.length === 0) break;
    for (const path of left) removeEmpty(path);
    await delay(200);
  }
}

/** What of a cluster is still on the machine. */
export function leftovers(home, pid) {
  return {
    processes: [...processesWith(home), ...processesIn(pid)],
    mounts: mountsOf(home),
    namespaces: globSync(`/run/netns/${netnsOf(pid)}`),
    cgroups: globSync('/sys/fs/cgroup/*/kubepods'),
    directories: globSync(home),
  };
}

export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended already.
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Processes whose command line names the directory. */
function processesWith(directory) {
  return globSync('/proc/[0-9]*/cmdline')
    .filter((file) => read(file).includes(directory))
    .map((file) => Number(file.split('/')[2]))
    .filter((pid) => pid !== process.pid);
}

/** Processes in the cluster's network. */
function processesIn(pid) {
  const { stdout } = spawnSync('ip', ['netns', 'pids', netnsOf(pid)], { encoding: 'utf8' });
  return numbers(stdout ?? '');
}

function mountsOf(home) {
  return read('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(home));
}

function numbers(text) {
  return text.split('\n').filter(Boolean).map(Number);
}

function removeEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch (error) {
    // Not empty yet, or gone.
    if (!['EBUSY', 'ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'EPERM'].includes(error.code)) throw error;
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // Gone, or ended and not reaped yet.
    if (['ENOENT', 'ESRCH', 'ENODEV', 'EINVAL'].includes(error.code)) return '';
    throw error;
  }
}
