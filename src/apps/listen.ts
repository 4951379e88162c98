import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { onThisMachine } from '../config/addresses.js';
import type { Config } from '../config/config.js';

/** Length of the accept queue: ten thousand clients may reconnect at once. */
const BACKLOG = 16_384;

/** Starts to accept requests; resolves to the URL, with the actual port if the given port is 0. */
export async function listen(
  app: NestExpressApplication,
  config: Config,
  port: number,
): Promise<string> {
  const server = app.getHttpServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: config.VX11_HOST, backlog: BACKLOG }, resolve);
  });
  return onThisMachine(config, (server.address() as AddressInfo).port);
}
