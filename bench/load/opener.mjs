/** Opens many streams, in bursts or a few at a time, on bare sockets, and says when each had its first byte. */
import { readFileSync } from 'node:fs';
import net from 'node:net';

import { percentile } from '../lib/stats.mjs';
import { cpuSeconds } from '../lib/machine.mjs';
import { issue } from './issue.mjs';
import { serve } from '../../test/support/process/worker.ts';

const shared = Buffer.allocUnsafe(256 * 1024);
let sockets = new Set();
let lost = 0;

/** How often a full accept queue has turned a connection away, since boot; each makes a client wait for its next SYN. */
function overflows() {
  const [names, values] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('ListenOverflows')]);
}

function openOne(port, path, token, headOnly) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let text = '';
    let open = false;
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (n) => {
          if (open) return;
          text += shared.latin1Slice(0, n);
          const end = text.indexOf('\r\n\r\n');
          if (end < 0) return;
          const isOk = text.startsWith('HTTP/1.1 200');
          if (isOk && !headOnly && text.length === end + 4) return;
          if (!isOk) {
            resolve({ refused: text.slice(9, 12) });
            socket.destroy();
            return;
          }
          open = true;
          text = '';
          sockets.add(socket);
          resolve({ ms: performance.now() - startedAt });
        },
      },
    });
    socket.on('error', (error) => resolve({ refused: error.code }));
    socket.on('close', () => {
      if (sockets.delete(socket)) lost += 1;
      resolve({ refused: 'closed' });
    });
    const sign = path.includes('?') ? '&' : '?';
    const target = token === undefined ? path : `${path}${sign}token=${token}`;
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nUser-Agent: bench\r\n\r\n`,
    );
  });
}

serve({
  /**
   * Opens `count` streams, `atOnce` at a time. CPU is the server's between the first request and
   * the last first byte. Without `request`, streams open without a token. `headOnly`: the head counts
   * as the first byte.
   */
  async open({ port, issuer = port, request, path, count, atOnce = count, pid, headOnly }) {
    const issuedAt = performance.now();
    const tokens = request ? await issue(issuer, request, count) : [];
    const issuing = (performance.now() - issuedAt) / 1000;
    const before = { cpu: cpuSeconds(pid), overflows: overflows(), at: performance.now() };
    const results = [];
    let next = 0;
    const worker = async () => {
      while (next < count) results.push(await openOne(port, path, tokens[next++], headOnly));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const seconds = (performance.now() - before.at) / 1000;
    const times = Float64Array.from(results.flatMap(({ ms }) => ms ?? [])).sort();
    const refused = results.flatMap((result) => result.refused ?? []);
    return {
      opened: times.length,
      refused: refused.length,
      reasons: [...new Set(refused)].join(' '),
      issuing_seconds: issuing,
      seconds,
      p50_ms: percentile(times, 0.5),
      p99_ms: percentile(times, 0.99),
      max_ms: percentile(times, 1),
      syn_retries: overflows() - before.overflows,
      cpu_us_per_open: ((cpuSeconds(pid) - before.cpu) / count) * 1e6,
    };
  },

  /** Leaves all at once; returns how many the server had ended before. */
  leave() {
    const gone = sockets;
    sockets = new Set();
    for (const socket of gone) socket.destroy();
    const before = lost;
    lost = 0;
    return before;
  },
});
