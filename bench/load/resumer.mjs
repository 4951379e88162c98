/** Many clients that resume at once, on bare sockets; counts the events of each. */
import net from 'node:net';

import { percentile } from '../lib/stats.mjs';
import { serve } from '../../test/support/process/worker.ts';
import { FrameCounter } from './frame-counter.mjs';
import { issue } from './issue.mjs';

const shared = Buffer.allocUnsafe(256 * 1024);

/** Resolves with the milliseconds until all missed events were there, or with what went wrong. */
function resumeOne(port, target, missed) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const counter = new FrameCounter();
    let first = true;
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (n) => {
          if (first && !shared.latin1Slice(0, 12).startsWith('HTTP/1.1 200')) {
            resolve({ refused: shared.latin1Slice(9, 12) });
            socket.destroy();
            return;
          }
          first = false;
          counter.take(shared, n);
          if (counter.events >= missed) resolve({ ms: performance.now() - startedAt });
        },
      },
    });
    socket.on('error', (error) => resolve({ refused: error.code }));
    socket.on('close', () => resolve({ refused: 'closed' }));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n\r\n`);
  });
}

serve({
  issue: ({ port, request, count }) => issue(port, request, count),

  async resume({ port, path, from, missed, tokens }) {
    const startedAt = performance.now();
    const results = await Promise.all(
      tokens.map((token) => resumeOne(port, `${path}&lastEventId=${from}&token=${token}`, missed)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const times = Float64Array.from(results.flatMap(({ ms }) => ms ?? [])).sort();
    const refused = results.flatMap((result) => result.refused ?? []);
    return {
      streams: tokens.length,
      resumed: times.length,
      refused: refused.length,
      reasons: [...new Set(refused)].join(' '),
      seconds,
      p50_s: percentile(times, 0.5) / 1000,
      events: times.length * missed,
    };
  },
});
