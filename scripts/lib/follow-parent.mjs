// Preloaded (--import) into a child that has an IPC channel to its parent. The
// kernel closes the channel even when the parent is killed with SIGKILL; the
// child then ends as if it had been asked to, so nothing stays behind.
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

const OUTPUTS = [1, 2];

process.once('disconnect', () => {
  // Nobody reads the output any more. A log that cannot be written must not turn the
  // orderly end into a crash, or into waiting for ever, so it goes nowhere: the
  // lowest free descriptor is the one just closed.
  for (const output of OUTPUTS) {
    closeSync(output);
    openSync(devNull, 'w');
  }
  process.kill(process.pid, 'SIGTERM');
});
// The channel alone must not keep the process alive.
process.channel?.unref();
