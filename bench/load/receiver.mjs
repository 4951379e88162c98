/** The reading side of fan-out: many streams on bare sockets, counted, a sample timed. */
import net from 'node:net';

import { percentile } from '../lib/stats.mjs';
import { FrameCounter, sentMicros } from './frame-counter.mjs';
import { serve } from '../../test/support/process/worker.ts';
import { nowMicros, openWindow } from './window.mjs';

const OPENING_AT_ONCE = 64;

/** One for each open stream. */
const counters = [];
let next = 0;
/** All sockets read into one buffer: each read is counted before the next one begins. */
const shared = Buffer.allocUnsafe(256 * 1024);

let deliveries = 0;
let closed = 0;
let sampleEvery = Infinity;
let untilSample = Infinity;
let latencies = [];
let closeWindow;

/**
 * Every `sampleEvery` deliveries the oldest event of a read is timed: where a write holds
 * several, the latency errs on the slow side.
 */
function count(counter, n) {
  const counted = counter.take(shared, n);
  deliveries += counted;
  untilSample -= counted;
  if (untilSample > 0 || counted === 0) return;
  const sent = sentMicros(shared, counter.firstStart, counter.firstEnd);
  if (Number.isNaN(sent)) return;
  untilSample = sampleEvery;
  latencies.push((nowMicros() - sent) / 1000);
}

function openOne(port, request) {
  return new Promise((resolve, reject) => {
    const counter = new FrameCounter();
    let head = '';
    let open = false;
    const onHead = (n) => {
      head += shared.latin1Slice(0, n);
      if (!head.includes('\r\n\r\n')) return;
      if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(`Stream refused: ${head}`));
      open = true;
      counters.push(counter);
      resolve();
    };
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: { buffer: shared, callback: (n) => (open ? count(counter, n) : onHead(n)) },
    });
    socket.on('error', reject);
    socket.on('close', () => closed++);
    socket.write(request);
  });
}

/** A token of its own for the next stream, where the system under test asks for one. */
async function issueToken(port, issue) {
  const response = await fetch(`http://127.0.0.1:${port}${issue.path}`, {
    method: 'POST',
    headers: issue.headers,
  });
  if (!response.ok) throw new Error(`Issuing answered ${response.status}`);
  return (await response.json()).sse_token;
}

serve({
  /** Opens streams until there are `total`. `{n}` in the path is the number of the stream. */
  async open({ port, path, issue, total }) {
    let left = total - counters.length;
    const worker = async () => {
      while (left-- > 0) {
        const token = issue && (await issueToken(port, issue));
        const own = path.replace('{n}', String(next++));
        const target = token ? `${own}${own.includes('?') ? '&' : '?'}token=${token}` : own;
        const request = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nUser-Agent: bench\r\n\r\n`;
        await openOne(port, request);
      }
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, worker));
  },

  /** Begins a window; `sampleEvery` deliveries give one latency sample. */
  begin({ server, sampleEvery: every }) {
    latencies = [];
    deliveries = 0;
    sampleEvery = every;
    untilSample = 0;
    closeWindow = openWindow(server);
  },

  end() {
    const { seconds, serverSeconds, cores } = closeWindow();
    const sorted = Float64Array.from(latencies).sort();
    sampleEvery = untilSample = Infinity;
    return {
      deliveries_per_s: deliveries / seconds,
      cpu_us_per_delivery: (serverSeconds / deliveries) * 1e6,
      p50_ms: percentile(sorted, 0.5),
      p99_ms: percentile(sorted, 0.99),
      ...cores,
      streams_lost: closed,
    };
  },

  /** Fewest and most events any stream has got since it opened. */
  totals() {
    const counts = counters.map(({ events }) => events);
    return { min: Math.min(...counts), max: Math.max(...counts) };
  },
});
