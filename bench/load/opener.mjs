/** Opens many streams, in bursts or a few at a time, on bare sockets, and says when each had its first byte. */
import { readFileSync } from 'node:fs';
import net from 'node:net';

import { percentile } from '../lib/stats.mjs';
import { cpuSeconds } from '../lib/machine.mjs';
import { issue, tokenIn } from './issue.mjs';
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

/**
 * One client. With `request` it issues its own token first, on the connection that becomes the
 * stream, as a browser does; `token` has been issued already.
 */
function openOne({ port, path, token, request, headOnly }) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let text = '';
    let hasToken = request === undefined;
    let open = false;
    const ask = (own) => {
      const sign = path.includes('?') ? '&' : '?';
      const target = own === undefined ? path : `${path}${sign}token=${own}`;
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nUser-Agent: bench\r\n\r\n`,
      );
    };
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
          if (!text.startsWith('HTTP/1.1 200')) {
            resolve({ refused: text.slice(9, 12) });
            socket.destroy();
            return;
          }
          if (!hasToken) {
            const own = tokenIn(text);
            if (own === undefined) return;
            hasToken = true;
            text = '';
            ask(own);
            return;
          }
          if (!headOnly && text.length === end + 4) return;
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
    if (request) socket.write(request);
    else ask(token);
  });
}

serve({
  /**
   * Opens `count` streams, `atOnce` at a time. CPU is that of `pid`, the server, between the first request and
   * the last first byte. Without `request`, streams open without a token. `arriving`: each client
   * issues its own token as it comes; otherwise all have been issued before. `headOnly`: the head
   * counts as the first byte.
   */
  async open({
    port,
    issuer = port,
    request,
    path,
    count,
    atOnce = count,
    pid,
    headOnly,
    arriving = false,
  }) {
    const issuingFrom = performance.now();
    const tokens = request && !arriving ? await issue(issuer, request, count) : [];
    const issuing = (performance.now() - issuingFrom) / 1000;
    const before = {
      cpu: pid && cpuSeconds(pid),
      own: ownCpu(),
      overflows: overflows(),
      at: performance.now(),
    };
    const results = [];
    const each = { port, path, headOnly, ...(arriving && { request }) };
    let next = 0;
    const worker = async () => {
      while (next < count) results.push(await openOne({ ...each, token: tokens[next++] }));
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
      ...(pid && { cpu_us_per_open: ((cpuSeconds(pid) - before.cpu) / count) * 1e6 }),
      load_cpu_seconds: ownCpu() - before.own,
    };
  },

  /** Milliseconds to the first byte of a stream (the median), one after the other, by turns at each port. */
  async firstByte({ ports, issuer, request, path, rounds }) {
    const tokens = await issue(issuer, request, rounds * ports.length);
    const times = ports.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, port] of ports.entries()) {
        const { ms, refused } = await openOne({ port, path, token: tokens.pop() });
        if (refused) throw new Error(`A stream was refused: ${refused}`);
        times[index].push(ms);
        leave();
      }
    }
    return times.map((values) => percentile(Float64Array.from(values).sort(), 0.5));
  },

  leave,
});

/** Leaves all at once; returns how many the server had ended before. */
function leave() {
  const gone = sockets;
  sockets = new Set();
  for (const socket of gone) socket.destroy();
  const before = lost;
  lost = 0;
  return before;
}

function ownCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
