import { loadPrincipals } from '../auth/principals.js';
import type { Principal } from '../auth/principal.js';
import { PrincipalRights } from '../auth/principal-rights.js';
import type { Config } from '../config/config.js';
import { prepareDataDirectory } from '../config/data-directory.js';
import { createHttpApp } from '../http/create-app.js';
import { serveOpenApi } from '../http/openapi.js';
import { withoutPublicPath } from '../http/public-path.js';
import type { Logger } from '../kernel/logger.js';
import { usesRedis } from '../redis/settings.js';
import { startTracing } from '../tracing/tracing.module.js';
import { loadAuditKey } from './audit-key.js';
import { hopKeysOf } from './hop-keys.js';
import { OperatorBackendModule } from './operator-backend.module.js';
import { listen } from './listen.js';
import type { Running } from './run.js';
import { loadTokenKeys } from './token-keys.js';
import { RETURNING_CLIENTS } from './returning-clients.js';
import { VERSION } from './version.js';

export interface RunningBackend extends Running {
  readonly url: string;
}

/**
 * Starts operator-backend; resolves when it accepts requests. With Redis, it
 * connects to Redis first.
 * @throws ConfigError when the configuration is invalid
 */
export async function startOperatorBackend(
  config: Config,
  logger: Logger,
): Promise<RunningBackend> {
  if (!usesRedis(config) || config.NODE_ENV === 'development') {
    prepareDataDirectory(config.VX11_DATA_DIR);
  }
  const { credentials, createdTokenFile } = loadPrincipals(config);
  const keyring = loadTokenKeys(config);
  const tracing = await startTracing('operator-backend', VERSION, config, logger);
  const app = await createHttpApp(
    OperatorBackendModule.with({
      config,
      logger,
      credentials,
      keyring,
      auditKey: loadAuditKey(config),
      version: VERSION,
      tracing: tracing?.events,
    }),
    config,
    logger,
    {
      crowd: RETURNING_CLIENTS,
      hop: hopKeysOf(config, 'operator-backend'),
      takesTrunks: true,
      tracing: tracing?.http,
      gates: [withoutPublicPath(config.VX11_PUBLIC_PATH)],
    },
  );
  serveOpenApi(app, VERSION, config.VX11_PUBLIC_PATH);
  await app.init();
  const url = await listen(app, config, config.VX11_BACKEND_PORT);
  logger.info({ url, version: VERSION, principals: credentials.length }, 'listening');
  if (createdTokenFile !== undefined) {
    logger.info(
      { file: createdTokenFile },
      'created a development principal; its token is in the file',
    );
  }
  const rights = app.get(PrincipalRights);
  const isAdmitted = ({ id, scopes, credentialHash }: Principal) =>
    scopes.has('streams:admin') && rights.refusal(id, credentialHash) === undefined;
  if (!rights.principals().some(isAdmitted)) {
    logger.warn(
      'no administrator is configured, or all are revoked: configure one with a new token (in development: delete dev-token in VX11_DATA_DIR and start again)',
    );
  }
  const overruled = rights.overruled();
  if (overruled.length > 0) {
    logger.warn(
      { principals: overruled },
      'the configuration names principals that administrators have created too: it wins, and the tokens of theirs are refused (vx11 principals delete removes theirs)',
    );
  }
  return {
    url,
    async close() {
      await app.close();
      await tracing?.close();
    },
  };
}
