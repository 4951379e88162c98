/** What the run stands on: cores, limits, and the kernel's own accounting under /proc (Linux). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

import { processTree } from './process-tree.ts';

/** Ticks a second in /proc/<pid>/stat: USER_HZ, fixed at 100 on every Linux that Node supports. */
const USER_HZ = 100;

/** CPU numbers this process may run on. */
function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * One core for the server and another for the load, or `pinned: false` where taskset or a second
 * core is missing: then both compete and the figures say less.
 */
export function choosePinning() {
  const cores = allowedCores();
  const taskset = spawnSync('taskset', ['--version']).status === 0;
  if (!taskset || cores.length < 2) return { pinned: false };
  return { pinned: true, server: cores[0], load: cores[1] };
}

/** Most files a process may open. Node raises its soft limit to the hard one by itself. */
export function openFileLimit() {
  const row = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return row[1] === 'unlimited' ? Infinity : Number(row[1]);
}

/** A process and all that it has started. @throws Error when it has ended */
function treeOfRunning(pid) {
  const tree = processTree(pid);
  if (!tree.some((entry) => entry.pid === pid)) throw new Error(`Process ${pid} has ended`);
  return tree;
}

/**
 * User and system CPU seconds of a process and all that it has started, since their start
 * (resolution 10 ms).
 */
export function cpuSeconds(pid) {
  return treeOfRunning(pid).reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / USER_HZ;
}

/**
 * Resident memory of a process and all that it has started, in bytes. What several of them share
 * counts once for each.
 */
export function residentBytes(pid) {
  return treeOfRunning(pid).reduce((sum, entry) => {
    const status = readFileSync(`/proc/${entry.pid}/status`, 'utf8');
    // A process that has ended and was not waited for has none.
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }, 0);
}

/**
 * Seconds since boot in which a core was not there for its idle task: all processes (user, nice,
 * system) and what the hypervisor kept for others (steal); without interrupts.
 */
export function coreBusySeconds(core) {
  const row = new RegExp(`^cpu${core} (.+)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'));
  const [user, nice, system, , , , , steal] = row[1].split(' ').map(Number);
  return (user + nice + system + steal) / USER_HZ;
}

/** The machine as the report names it: no host name, no path. */
export function describeMachine(pinning) {
  return {
    cpu: os.cpus()[0].model.trim(),
    cores: os.availableParallelism(),
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release().split('-')[0]} ${os.arch()}`,
    node: process.version,
    pinning: pinning.pinned ? 'server on one core, load on another (taskset)' : 'none',
    open_files: openFileLimit(),
  };
}
