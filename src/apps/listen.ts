import type { NestExpressApplication } from '@nestjs/platform-express';
import cluster from 'node:cluster';
import { onThisMachine } from '../config/addresses.js';
import type { Config } from '../config/config.js';
import type { HttpAdapter } from '../http/http-adapter.js';

/** Starts to accept requests; resolves to the URL, with the actual port if the given port is 0. */
export async function listen(
  app: NestExpressApplication,
  config: Config,
  port: number,
): Promise<string> {
  const adapter = app.getHttpAdapter() as unknown as HttpAdapter;
  return onThisMachine(config, await adapter.listenOn(port, config.VX11_HOST, cluster.isWorker));
}
