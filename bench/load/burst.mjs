/** Many streams opened at the same moment, and what became of each of them. */
import net from 'node:net';

import { percentile } from '../lib/stats.mjs';
import { serve } from '../../test/support/process/worker.ts';

const ISSUING_AT_ONCE = 32;
const sockets = new Set();
const shared = Buffer.allocUnsafe(256 * 1024);

/** Tokens for all, over the backend's own port: the burst is about the streams. */
async function issue(port, { path, headers }, count) {
  const tokens = [];
  const worker = async () => {
    while (tokens.length < count) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers });
      if (!answer.ok) throw new Error(`Issuing answered ${answer.status}`);
      tokens.push((await answer.json()).sse_token);
    }
  };
  await Promise.all(Array.from({ length: ISSUING_AT_ONCE }, worker));
  return tokens.slice(0, count);
}

/** Resolves with the milliseconds to the first byte of the body, or with what went wrong. */
function openOne(port, target) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let text = '';
    let open = false;
    const take = (n) => {
      if (open) return;
      text += shared.latin1Slice(0, n);
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!text.startsWith('HTTP/1.1 200')) return resolve({ refused: text.slice(9, 12) });
      if (text.length === end + 4) return;
      open = true;
      text = '';
      sockets.add(socket);
      resolve({ ms: performance.now() - startedAt });
    };
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: { buffer: shared, callback: take },
    });
    socket.on('error', (error) => resolve({ refused: error.code }));
    socket.on('close', () => {
      sockets.delete(socket);
      resolve({ refused: 'closed' });
    });
    socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n\r\n`);
  });
}

serve({
  /** Opens `count` streams at once; resolves when each is open or refused. */
  async burst({ port, issuer, issue: how, path, count }) {
    const tokens = await issue(issuer, how, count);
    const startedAt = performance.now();
    const results = await Promise.all(
      tokens.map((token) => openOne(port, `${path}&token=${token}`)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const times = Float64Array.from(results.flatMap(({ ms }) => ms ?? [])).sort();
    const refused = results.flatMap((result) => result.refused ?? []);
    return {
      opened: times.length,
      refused: refused.length,
      reasons: [...new Set(refused)],
      seconds,
      p50_ms: percentile(times, 0.5),
      p99_ms: percentile(times, 0.99),
    };
  },

  /** How many of them are open now. */
  open: () => sockets.size,

  /** Milliseconds to the first byte of a stream, one after the other, by turns at each port. */
  async firstByte({ ports, issuer, issue: how, path, rounds }) {
    const tokens = await issue(issuer, how, rounds * ports.length);
    const times = ports.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, port] of ports.entries()) {
        const { ms, refused } = await openOne(port, `${path}&token=${tokens.pop()}`);
        if (refused) throw new Error(`A stream was refused: ${refused}`);
        times[index].push(ms);
        for (const socket of sockets) socket.destroy();
      }
    }
    return times.map((values) => percentile(Float64Array.from(values).sort(), 0.5));
  },
});
