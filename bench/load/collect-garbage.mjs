// Preloaded into a server whose memory is measured (node --expose-gc --import): one full collection
// for each SIGUSR2, so that what streams keep can be told from what opening them has left behind.
process.on('SIGUSR2', () => globalThis.gc());
