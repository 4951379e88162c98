import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { createHttpApp } from '../http/create-app.js';
import { withoutPublicPath } from '../http/public-path.js';
import type { Logger } from '../kernel/logger.js';
import { PROJECT_ROOT } from '../kernel/project-root.js';
import { listen } from './listen.js';
import { panelFiles, requireRead } from './operator-frontend-files.js';
import { OperatorFrontendModule } from './operator-frontend.module.js';
import type { Running } from './run.js';
import { VERSION } from './version.js';

const FRONTEND = join(PROJECT_ROOT, 'frontend');
const BASE = '/operator/ui';

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
    if (req.path !== BASE) return next();
    requireRead(req, res);
    res.redirect(302, `${config.VX11_PUBLIC_PATH}${BASE}/`);
  });
  app.use(BASE, await panelFiles(directory));
  await app.init();
  const url = await listen(app, config, config.VX11_FRONTEND_PORT);
  logger.info({ url: `${url}${BASE}/`, version: VERSION }, 'listening');
  return { url, close: () => app.close() };
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
