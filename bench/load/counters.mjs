/*
 * `node --import bench/load/counters.mjs …`: a server that counts what it does. On SIGUSR2 it
 * prints, on stderr, what it has done since the signal before. None of it is a time.
 *
 * - heap_bytes: bytes allocated in V8's heap, by its sampling profiler, garbage included
 * - writes: system calls that wrote, of the whole process (Linux, /proc/self/io)
 * - encodes: buffers made from text that holds an event's frame
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

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

const writeCalls = () =>
  Number(/^syscw: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);
let written = writeCalls();

process.on('SIGUSR2', () => void report());

async function report() {
  const { profile } = isSampling ? await session.post('HeapProfiler.stopSampling') : {};
  const heap_bytes = profile ? treeBytes(profile.head) : 0;
  const counts = { heap_bytes, writes: writeCalls() - written, encodes };
  process.stderr.write(`\ncounters ${JSON.stringify(counts)}\n`);
  encodes = 0;
  await session.post('HeapProfiler.startSampling', sampling);
  isSampling = true;
  written = writeCalls();
}

function treeBytes({ selfSize, children }) {
  return children.reduce((sum, child) => sum + treeBytes(child), selfSize);
}
