import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { killAll, processTree, treeOf, type Entry } from '../../bench/lib/process-tree.js';

const entry = (pid: number, parent: number): Entry => ({
  pid,
  parent,
  cpuTicks: 0,
  startedAt: pid,
});

const pids = (entries: readonly Entry[]) => entries.map(({ pid }) => pid);

describe('treeOf', () => {
  it('has what a process started and what that started, in whatever order the table has them', () => {
    const table = [entry(40, 30), entry(30, 20), entry(20, 1), entry(50, 20)];
    expect(pids(treeOf(20, table))).toEqual([40, 30, 20, 50]);
  });

  it('leaves out the parent and what the parent has started besides', () => {
    const table = [entry(10, 1), entry(20, 10), entry(30, 10)];
    expect(pids(treeOf(20, table))).toEqual([20]);
  });
});

describe('processTree and killAll', () => {
  it('find and end a process and what it has started, and nothing else', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface(shell.stdout), 'line');
    const tree = processTree(shell.pid!);
    expect(new Set(pids(tree))).toEqual(new Set([shell.pid, Number(line)]));
    // Another process has got the pid since.
    killAll(tree.map((one) => ({ ...one, startedAt: one.startedAt - 1 })));
    expect(pids(processTree(shell.pid!))).toHaveLength(2);
    killAll(tree);
    // The pipe's end is closed by the last process that has it.
    await once(shell, 'close');
    expect(shell.signalCode).toBe('SIGKILL');
    expect(processTree(shell.pid!)).toEqual([]);
  });
});
