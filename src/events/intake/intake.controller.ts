import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { Request, Response } from 'express';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import { fieldErrors, readBytes } from '../../http/body.js';
import { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { AlertmanagerPayload, alertEvents } from './alertmanager.js';
import { invalidEvent, isObject } from './cloud-event.js';
import { EventIntake, type Accepted } from './event-intake.js';
import { MAX_BATCH_BYTES, parseJsonBody } from './event-request.js';

@ApiTags('events')
@Controller('operator/api/intake')
export class IntakeController {
  constructor(
    private readonly intake: EventIntake,
    private readonly clock: Clock,
  ) {}

  @ApiOperation({
    summary: "Alertmanager's webhook (payload version 4): each alert becomes an event",
  })
  @ApiResponse({ status: 202, description: 'Kept: {"accepted","duplicates","ids"}' })
  @RequireScope('events:publish')
  @HttpCode(202)
  @Post('alertmanager')
  async alertmanager(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<Accepted> {
    if (!req.is('json')) {
      throw new ProblemError('unsupported_media_type', 'Send the webhook as application/json.');
    }
    const raw = parseJsonBody(await readBytes(req, res, MAX_BATCH_BYTES));
    if (!isObject(raw)) throw invalidEvent([{ field: '/', message: 'must be a JSON object' }]);
    const payload = plainToInstance(AlertmanagerPayload, raw);
    // Later versions of Alertmanager may add fields; what we do not use we do not refuse.
    const errors = await validate(payload, { whitelist: true });
    if (errors.length > 0) {
      throw invalidEvent(errors.flatMap((error) => fieldErrors(error, '/', '/')));
    }
    return this.intake.accept(
      alertEvents(payload, {
        now: this.clock.now(),
        correlationId: req.correlationId,
        publisher: (req.principal as Principal).id,
      }),
    );
  }
}
