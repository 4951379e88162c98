import { neighbourToken } from '../auth/neighbour-principals.js';
import { NEIGHBOURS, type Neighbour } from '../auth/principal.js';
import { ConfigError, type Config } from '../config/config.js';
import { createHttpApp } from '../http/create-app.js';
import type { Logger } from '../kernel/logger.js';
import { startTracing } from '../tracing/tracing.module.js';
import { hopKeysOf } from './hop-keys.js';
import { listen } from './listen.js';
import { NeighbourModule } from './neighbour.module.js';
import type { Running } from './run.js';
import { VERSION } from './version.js';

/**
 * Starts one of the neighbour services; resolves when it accepts requests.
 * @throws ConfigError for an unknown name, and in production without a token
 */
export async function startNeighbour(
  name: string | undefined,
  config: Config,
  logger: Logger,
): Promise<Running & { readonly url: string }> {
  if (!isNeighbour(name)) {
    throw new ConfigError([
      `name the service to run as the first argument: ${NEIGHBOURS.join(', ')}`,
    ]);
  }
  const port = {
    madre: config.VX11_MADRE_PORT,
    switch: config.VX11_SWITCH_PORT,
    hermes: config.VX11_HERMES_PORT,
  }[name];
  const token = neighbourToken(config, name);
  const tracing = await startTracing(name, VERSION, config, logger);
  const app = await createHttpApp(
    NeighbourModule.with({ name, config, logger, token, version: VERSION }),
    config,
    logger,
    { hop: hopKeysOf(config, name), tracing: tracing?.http },
  );
  await app.init();
  const url = await listen(app, config, port);
  logger.info({ url, version: VERSION }, 'listening');
  return {
    url,
    async close() {
      await app.close();
      await tracing?.close();
    },
  };
}

function isNeighbour(name: string | undefined): name is Neighbour {
  return (NEIGHBOURS as readonly (string | undefined)[]).includes(name);
}
