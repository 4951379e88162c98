/**
 * `node --import bench/load/loop-stall.mjs …`: on SIGUSR2 the process prints, on stderr, how much
 * CPU time its main thread has used since the signal before, and the most that it used between
 * two turns of its event loop. CPU time, in milliseconds: what other processes take does not count.
 */
const TURN_MS = 1;
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let last = cpuMs();
let begun = last;
let longest = 0;
setInterval(() => {
  const now = cpuMs();
  longest = Math.max(longest, now - last);
  last = now;
}, TURN_MS).unref();
process.on('SIGUSR2', () => {
  const now = cpuMs();
  process.stderr.write(`\ncpu ${(now - begun).toFixed(2)} longest ${longest.toFixed(2)}\n`);
  begun = now;
  longest = 0;
});
