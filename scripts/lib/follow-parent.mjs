// Preloaded (--import) into a child that has an IPC channel to its parent. The
// kernel closes the channel even when the parent is killed with SIGKILL; the
// child then ends as if it had been asked to, so nothing stays behind.
process.once('disconnect', () => {
  // The terminal may be gone with the parent; a line that cannot be written must
  // not turn the orderly end into a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
});
// The channel alone must not keep the process alive.
process.channel?.unref();
