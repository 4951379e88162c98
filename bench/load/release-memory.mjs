// Preloaded into a server whose memory is measured (node --expose-gc --import): for each SIGUSR2
// one collection that also gives V8's free pages back. A plain one keeps them for later: 819 MiB
// were resident after it, and 291 after this one, with 128 MiB of living objects.
process.on('SIGUSR2', () =>
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
);
