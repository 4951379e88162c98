/** Load for issuing: so many connections, each asking for the next token when it has the last. */
import { percentile } from '../lib/stats.mjs';
import { KeepAliveConnection } from './keep-alive-connection.mjs';
import { serve } from '../../test/support/process/worker.ts';
import { openWindow } from './window.mjs';

/**
 * Runs for `warmMs`, then measures for `measureMs`. Returns requests a second, CPU, and the
 * requests' latency in milliseconds. Any status but 200 fails the run.
 */
function run({ port, server, request, connections, warmMs, measureMs }) {
  return new Promise((resolve, reject) => {
    const latencies = [];
    let closeWindow;
    let ended = false;

    const fail = (error) => {
      ended = true;
      reject(error);
    };
    const pool = Array.from({ length: connections }, () => new KeepAliveConnection(port, fail));

    const next = (connection) => {
      const sent = performance.now();
      connection.send(request, (status) => {
        if (ended) return;
        if (status !== 200) return fail(new Error(`Issuing answered ${status}`));
        if (closeWindow) latencies.push(performance.now() - sent);
        next(connection);
      });
    };
    for (const connection of pool) next(connection);

    const finish = () => {
      const { seconds, serverSeconds, cores } = closeWindow();
      ended = true;
      for (const connection of pool) connection.close();
      const sorted = Float64Array.from(latencies).sort();
      resolve({
        requests_per_s: sorted.length / seconds,
        cpu_us_per_request: (serverSeconds / sorted.length) * 1e6,
        p50_ms: percentile(sorted, 0.5),
        p99_ms: percentile(sorted, 0.99),
        ...cores,
      });
    };
    setTimeout(() => {
      closeWindow = openWindow(server);
      setTimeout(finish, measureMs);
    }, warmMs);
  });
}

serve({ run });
