import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request } from 'express';
import { ProblemError } from '../kernel/problem.js';
import { AccessRefusals } from './access-refusals.js';
import { GatewayOnly } from './access.js';
import { REFUSALS_PATH } from './refusals.js';

/** Takes the reports of gateways: a token that is wrong there counts as one that is wrong here. */
@ApiExcludeController()
@Controller(REFUSALS_PATH)
export class RefusalsController {
  constructor(private readonly refusals: AccessRefusals) {}

  /** @throws ProblemError rate_limited */
  @GatewayOnly()
  @HttpCode(204)
  @Post()
  async refused(@Req() req: Request): Promise<void> {
    const wrong = new ProblemError('invalid_token', 'The gateway has refused this token.');
    await this.refusals.refuse(req, wrong, undefined);
  }
}
