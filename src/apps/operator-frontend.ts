import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import sirv from 'sirv';
import type { Config } from '../config/config.js';
import { createHttpApp } from '../http/create-app.js';
import { withoutPublicPath } from '../http/public-path.js';
import type { Logger } from '../kernel/logger.js';
import { PROJECT_ROOT } from '../kernel/project-root.js';
import { listen } from './listen.js';
import { OperatorFrontendModule } from './operator-frontend.module.js';
import type { Running } from './run.js';
import { VERSION } from './version.js';

const FRONTEND = join(PROJECT_ROOT, 'frontend');
const BASE = '/operator/ui';
/**
 * Addresses for which 404 is sent instead of the page: a missing file under assets/, and
 * anything deeper than /operator/ui/name, where the page's relative links would be wrong.
 */
const NO_PAGE = [/^\/assets(?:\/|$)/, /^\/.*\//];

/** The directory of the built panel; before the build, a page that says it is missing. */
function panelDirectory(): string {
  const built = join(FRONTEND, 'dist');
  return existsSync(join(built, 'index.html')) ? built : join(FRONTEND, 'placeholder');
}

/**
 * Starts operator-frontend: the panel's static files under /operator/ui/. A
 * container uses nginx instead; this one needs nothing but Node.
 */
export async function startOperatorFrontend(
  config: Config,
  logger: Logger,
  directory = panelDirectory(),
): Promise<Running & { readonly url: string }> {
  const registry = new Registry();
  const app = await createHttpApp(
    OperatorFrontendModule.with({ config, logger, version: VERSION, registry }),
    config,
    logger,
    { gates: [withoutPublicPath(config.VX11_PUBLIC_PATH)] },
  );
  app.use(helmet(headers(config)));
  // The page's links are relative, so its address must end with the slash.
  app.use((req: Request, res: Response, next: NextFunction) => {
    if (req.path === BASE) res.redirect(302, `${config.VX11_PUBLIC_PATH}${BASE}/`);
    else next();
  });
  app.use(
    BASE,
    sirv(directory, { single: true, ignores: NO_PAGE, etag: true, dotfiles: false, setHeaders }),
  );
  await app.init();
  const url = await listen(app, config, config.VX11_FRONTEND_PORT);
  logger.info({ url: `${url}${BASE}/`, version: VERSION }, 'listening');
  return { url, close: () => app.close() };
}

/** The build gives every file under assets/ a new name when it changes. */
function setHeaders(res: ServerResponse, path: string): void {
  // The files do not depend on the caller.
  res.removeHeader('Vary');
  const immutable = path.startsWith('/assets/');
  res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
}

/** A page may connect to this origin alone, and to the issuer where operators sign in. */
function headers(config: Config): Parameters<typeof helmet>[0] {
  const issuer = config.VX11_OIDC_ISSUER;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", ...(issuer === undefined ? [] : [new URL(issuer).origin])],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: false,
  };
}
