import { once } from 'node:events';
import { createServer } from 'node:http';
import { onThisMachine } from '../config/addresses.js';
import type { Config } from '../config/config.js';
import { bind } from '../http/listening-sockets.js';
import type { Logger } from '../kernel/logger.js';
import type { Running } from './run.js';

/**
 * Serves the gateway's metrics on a separate port, so that no path of the public port
 * can expose them by mistake.
 */
export async function serveGatewayMetrics(
  config: Config,
  logger: Logger,
  metrics: { readonly contentType: string; collect(): Promise<string> },
): Promise<Running> {
  const server = createServer((req, res) => {
    if (req.method !== 'GET' || req.url !== '/metrics') {
      res.writeHead(404).end();
      return;
    }
    metrics.collect().then(
      (text) => res.writeHead(200, { 'Content-Type': metrics.contentType }).end(text),
      (err: unknown) => {
        logger.error({ err }, 'could not collect the metrics');
        res.writeHead(503, { 'Retry-After': '5' }).end();
      },
    );
  });
  const port = config.VX11_GATEWAY_METRICS_PORT;
  const url = `${onThisMachine(config, await bind(server, { port, host: config.VX11_HOST }))}/metrics`;
  logger.info({ url }, 'serving metrics');
  return {
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
