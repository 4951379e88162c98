import type { AddressInfo } from 'node:net';
import { loadPrincipals } from '../auth/principals.js';
import type { Config } from '../config/config.js';
import { SystemEvents } from '../events/system-events.js';
import { createHttpApp } from '../http/create-app.js';
import { serveOpenApi } from '../http/openapi.js';
import type { Logger } from '../kernel/logger.js';
import { OperatorBackendModule } from './operator-backend.module.js';
import type { Running } from './run.js';
import { VERSION } from './version.js';

/** Connections that may wait to be accepted: ten thousand clients reconnect at once. */
const BACKLOG = 16_384;

export interface RunningBackend extends Running {
  readonly url: string;
}

/** Starts operator-backend; resolves when it accepts requests. */
export async function startOperatorBackend(
  config: Config,
  logger: Logger,
): Promise<RunningBackend> {
  const { credentials, createdTokenFile } = loadPrincipals(config);
  const app = await createHttpApp(
    OperatorBackendModule.with({ config, logger, credentials, version: VERSION }),
    config,
    logger,
  );
  serveOpenApi(app, VERSION);
  await app.init();
  const server = app.getHttpServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { port: config.VX11_BACKEND_PORT, host: config.VX11_HOST, backlog: BACKLOG },
      resolve,
    );
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${config.VX11_HOST}:${port}`;
  logger.info({ url, version: VERSION, principals: credentials.length }, 'listening');
  if (createdTokenFile !== undefined) {
    logger.info(
      { file: createdTokenFile },
      'made a development principal; its token is in the file',
    );
  }
  await app.get(SystemEvents).serviceUp('operator_backend', { version: VERSION });
  return { url, close: () => app.close() };
}
