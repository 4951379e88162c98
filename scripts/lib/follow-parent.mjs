// Preloaded (--import) into a child that has an IPC channel to its parent. The
// kernel closes the channel even when the parent is killed with SIGKILL; the
// child then ends as if it had been asked to, so nothing stays behind.
import cluster from 'node:cluster';
import { closeSync, openSync } from 'node:fs';
import nodeModule from 'node:module';
import { devNull } from 'node:os';

const OUTPUTS = [1, 2];
const IDLE_AFTER_MS = 5_000;

// A cluster's worker inherits this preload. It already ends with its primary, and
// needs the channel to hold it while it asks the primary for its port.
if (cluster.isPrimary && process.channel) {
  process.once('disconnect', endOrderly);
  // The channel alone must not keep the process alive.
  process.channel.unref();
}

// The first start has much compiled code to keep; written while the system is idle
// it does not make the end wait.
setTimeout(() => nodeModule.flushCompileCache(), IDLE_AFTER_MS).unref();

function endOrderly() {
  // Nobody reads the output any more. A log that cannot be written must not turn the
  // orderly end into a crash, or into waiting for ever, so it goes nowhere: the
  // lowest free descriptor is the one just closed.
  for (const output of OUTPUTS) {
    closeSync(output);
    openSync(devNull, 'w');
  }
  process.kill(process.pid, 'SIGTERM');
}
