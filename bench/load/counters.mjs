/*
 * `node --import bench/load/counters.mjs …`: a server that counts what it does. On SIGUSR2 it
 * prints, on stderr, what it has done since the signal before. None of it is a time.
 *
 * - heap_bytes: bytes allocated in V8's heap, by its sampling profiler, garbage included
 * - writes: writes to TCP sockets, each of them one system call
 * - encodes: buffers made from text that holds an event's frame
 * - redis_commands: commands sent to Redis
 */
import { Session } from 'node:inspector/promises';
import { Socket } from 'node:net';

import { Redis } from 'ioredis';

const SAMPLING_BYTES = 4096;
const session = new Session();
session.connect();
const sampling = {
  samplingInterval: SAMPLING_BYTES,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
};
/** The profiler makes the start of a process very slow, so it begins with the first signal. */
let isSampling = false;

let encodes = 0;
const from = Buffer.from.bind(Buffer);
Buffer.from = (value, ...rest) => {
  if (typeof value === 'string' && value.includes('\ndata: ')) encodes += 1;
  return from(value, ...rest);
};

let writes = 0;
for (const name of ['_write', '_writev']) {
  const write = Socket.prototype[name];
  Socket.prototype[name] = function counted(...args) {
    writes += 1;
    return write.apply(this, args);
  };
}

let redis_commands = 0;
const { sendCommand } = Redis.prototype;
Redis.prototype.sendCommand = function counted(...args) {
  redis_commands += 1;
  return sendCommand.apply(this, args);
};

process.on('SIGUSR2', () => void report());

async function report() {
  const { profile } = isSampling ? await session.post('HeapProfiler.stopSampling') : {};
  const heap_bytes = profile ? treeBytes(profile.head) : 0;
  const counts = { heap_bytes, writes, encodes, redis_commands };
  process.stderr.write(`\ncounters ${JSON.stringify(counts)}\n`);
  encodes = writes = redis_commands = 0;
  await session.post('HeapProfiler.startSampling', sampling);
  isSampling = true;
}

function treeBytes({ selfSize, children }) {
  return children.reduce((sum, child) => sum + treeBytes(child), selfSize);
}
