import helmet from 'helmet';
import { Registry } from 'prom-client';
import { loadPrincipals } from '../auth/principals.js';
import type { Config } from '../config/config.js';
import { limitConnections } from '../gateway/connection-limits.js';
import { GatewayMetrics } from '../gateway/gateway-metrics.js';
import { requestGate } from '../gateway/request-gate.js';
import { TrustedProxies } from '../http/address.js';
import { createHttpApp } from '../http/create-app.js';
import { withoutPublicPath } from '../http/public-path.js';
import type { Logger } from '../kernel/logger.js';
import { startTracing } from '../tracing/tracing.module.js';
import { gatewayHopKeys } from './hop-keys.js';
import { listen } from './listen.js';
import type { Running } from './run.js';
import { TentaculoLinkModule } from './tentaculo-link.module.js';
import { RETURNING_CLIENTS } from './returning-clients.js';
import { VERSION } from './version.js';

export interface RunningGateway extends Running {
  readonly url: string;
  readonly registry: Registry;
}

/** The share of the gateway's limits that one process gets. */
export interface GatewayShare {
  readonly connections: number;
  readonly perAddress: number;
}

/** Starts one process of tentaculo-link; resolves when it accepts requests. */
export async function startTentaculoLink(
  config: Config,
  logger: Logger,
  share: GatewayShare = {
    connections: config.VX11_GATEWAY_CONNECTIONS,
    perAddress: config.VX11_GATEWAY_CONNECTIONS_PER_ADDRESS,
  },
): Promise<RunningGateway> {
  const registry = new Registry();
  const { credentials } = loadPrincipals(config);
  const trusted = new TrustedProxies(config.VX11_GATEWAY_TRUSTED_PROXIES);
  const hopKeys = gatewayHopKeys(config);
  const requestMs = config.VX11_GATEWAY_REQUEST_SECONDS * 1000;
  const tracing = await startTracing('tentaculo-link', VERSION, config, logger);
  const app = await createHttpApp(
    TentaculoLinkModule.with({ config, logger, credentials, version: VERSION, registry, hopKeys }),
    config,
    logger,
    {
      server: {
        requestTimeout: requestMs,
        headersTimeout: Math.min(requestMs, config.VX11_GATEWAY_HEADER_SECONDS * 1000),
        connectionsCheckingInterval: 1_000,
      },
      crowd: RETURNING_CLIENTS,
      gates: [
        helmet(HELMET),
        requestGate(config.VX11_GATEWAY_BODY_BYTES),
        withoutPublicPath(config.VX11_PUBLIC_PATH),
      ],
      // The gateway is at the edge of the system, so it has a list of trusted proxies of its own.
      trusted,
      tracing: tracing?.http,
    },
  );
  const server = app.getHttpServer();
  limitConnections(
    server,
    {
      total: share.connections,
      perAddress: share.perAddress,
      isTrusted: (address) => trusted.has(address),
    },
    app.get(GatewayMetrics),
  );
  await app.init();
  const url = await listen(app, config, config.VX11_GATEWAY_PORT);
  if (!hopKeys.has('operator-backend')) {
    logger.warn(
      'VX11_HOP_KEYS is not set: operator-backend takes every client for the gateway itself, unless its VX11_TRUSTED_PROXIES names the gateway, and tells the gateway no revocations, so that /madre, /switch and /hermes answer 503 to every principal. Set the same key on both.',
    );
  }
  logger.info({ url, version: VERSION, connections: share.connections }, 'listening');
  return {
    url,
    registry,
    async close() {
      // Requests that never end must not block the exit. Streams have got their goodbye by then.
      const late = setTimeout(() => server.closeAllConnections(), config.VX11_DRAIN_SECONDS * 1000);
      await app.close();
      clearTimeout(late);
      await tracing?.close();
    },
  };
}

/** Headers of the gateway's own answers, which are never HTML pages. */
const HELMET: Parameters<typeof helmet>[0] = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  // The gateway serves plain HTTP. The proxy that terminates TLS in front of it sets HSTS.
  strictTransportSecurity: false,
};
