import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../auth/access.js';
import { headerCredential, verifyPrincipal } from '../auth/credentials.js';
import { Refusals } from '../auth/refusals.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ProblemError } from '../kernel/problem.js';
import { Readiness } from '../kernel/readiness.js';
import { BuildInfo } from './build-info.js';
import { ServiceSurvey } from './service-survey.js';

@Controller()
export class GatewayHealthController {
  constructor(
    private readonly survey: ServiceSurvey,
    private readonly readiness: Readiness,
    private readonly verifier: TokenVerifier,
    private readonly refusals: Refusals,
    private readonly build: BuildInfo,
  ) {}

  /** Everybody may read how many of the seven services are up; only a principal, which ones. */
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('health')
  async health(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<object> {
    this.refuseWhileDraining();
    const credential = headerCredential(req);
    if (credential !== undefined) await this.requirePrincipal(req);
    res.setHeader('Vary', 'Authorization, X-VX11-Token');
    const rows = await this.survey.rows();
    const up = rows.filter(({ status }) => status !== 'down').length;
    return {
      ...this.identity(),
      status: up === rows.length ? 'ok' : 'degraded',
      services: { up, total: rows.length, ...(credential === undefined ? {} : { list: rows }) },
    };
  }

  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('livez')
  live(): object {
    return this.identity();
  }

  /** Ready even without any backend: a 503 from the gateway tells clients more than a refused connection. */
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('readyz')
  ready(): object {
    this.readiness.probed();
    this.refuseWhileDraining();
    return this.identity();
  }

  private async requirePrincipal(req: Request): Promise<void> {
    try {
      await verifyPrincipal(this.verifier, req);
    } catch (error) {
      await this.refusals.refuse(req, error, undefined);
      throw error;
    }
  }

  private identity(): object {
    return { status: 'ok', service: 'tentaculo_link', version: this.build.version };
  }

  private refuseWhileDraining(): void {
    if (this.readiness.ready) return;
    throw new ProblemError('draining', 'The gateway is shutting down.', { retryAfterSec: 1 });
  }
}
