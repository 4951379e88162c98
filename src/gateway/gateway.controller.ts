import { All, Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public, RequirePrincipal } from '../auth/access.js';
import { Environment } from '../config/environment.js';
import { ProblemError } from '../kernel/problem.js';
import { Readiness } from '../kernel/readiness.js';
import { withoutCredentials } from './credential-parameters.js';
import { credentialOf, type Credential } from './forwarded-headers.js';
import { Forwarder } from './forwarder.js';
import { Upstreams } from './upstreams.js';

/** Under its prefix an address belongs to one service. */
const below = (prefix: string) => [prefix, `${prefix}/*path`];

/**
 * The path table. A route has a guard where the gateway checks the credential. Under
 * /operator/api, operator-backend checks it.
 */
@Controller()
export class GatewayController {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly upstreams: Upstreams,
    private readonly readiness: Readiness,
    private readonly config: Environment,
  ) {}

  @Public()
  @All('operator/api/events/stream')
  stream(@Req() req: Request, @Res() res: Response): void {
    this.requireOperator();
    if (this.readiness.draining) {
      throw new ProblemError('draining', 'The gateway is shutting down. Connect again.');
    }
    this.toBackend(req, res, true);
  }

  @Public()
  @All(below('operator/api'))
  api(@Req() req: Request, @Res() res: Response): void {
    this.requireOperator();
    this.toBackend(req, res);
  }

  @Public()
  @All(below('operator/ui'))
  panel(@Req() req: Request, @Res() res: Response): void {
    this.requireOperator();
    if (req.path === '/operator/ui') return this.toPanel(res);
    const pool = this.upstreams['operator-frontend'];
    const url = withoutCredentials(req.url, undefined);
    this.forwarder.forward(req, res, { pool, credential: { principalId: undefined }, url });
  }

  @Public()
  @Get()
  root(@Res() res: Response): void {
    this.toPanel(res);
  }

  @RequirePrincipal()
  @All(below('madre'))
  madre(@Req() req: Request, @Res() res: Response): void {
    this.toNeighbour('madre', req, res);
  }

  @RequirePrincipal()
  @All(below('switch'))
  switch(@Req() req: Request, @Res() res: Response): void {
    this.toNeighbour('switch', req, res);
  }

  @RequirePrincipal()
  @All(below('hermes'))
  hermes(@Req() req: Request, @Res() res: Response): void {
    this.toNeighbour('hermes', req, res);
  }

  @Public()
  @All([...below('docs'), 'docs-json', 'docs-yaml'])
  docs(@Req() req: Request, @Res() res: Response): void {
    this.require(this.config.VX11_GATEWAY_PUBLIC_DOCS);
    this.toBackend(req, res);
  }

  @Public()
  @All('metrics')
  metrics(@Req() req: Request, @Res() res: Response): void {
    this.require(this.config.VX11_GATEWAY_PUBLIC_METRICS);
    this.toBackend(req, res);
  }

  /** The page's links are relative, so its address must end with the slash. */
  private toPanel(res: Response): void {
    res.redirect(302, `${this.config.VX11_PUBLIC_PATH}/operator/ui/`);
  }

  private toBackend(req: Request, res: Response, stream = false): void {
    const pool = this.upstreams['operator-backend'];
    this.forwarder.forward(req, res, { pool, credential: { keep: true }, stream });
  }

  /** A neighbour gets its own path and the principal's id, but not the credential. */
  private toNeighbour(name: 'madre' | 'switch' | 'hermes', req: Request, res: Response): void {
    const credential: Credential = { principalId: req.principal?.id };
    const url = withoutCredentials(req.url.slice(name.length + 1), credentialOf(req.headers));
    this.forwarder.forward(req, res, {
      pool: this.upstreams[name],
      credential,
      url: url.startsWith('/') ? url : `/${url}`,
    });
  }

  private requireOperator(): void {
    if (this.config.VX11_OPERATOR_PROXY_ENABLED) return;
    throw new ProblemError(
      'operator_disabled',
      'The operator is switched off at this gateway (VX11_OPERATOR_PROXY_ENABLED=0).',
      { retryAfterSec: 60 },
    );
  }

  private require(isPublic: boolean): void {
    if (isPublic) return;
    throw new ProblemError('not_found', 'There is nothing at this address of the gateway.');
  }
}
