import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../../auth/access.js';
import { callerOf } from '../../auth/credentials.js';
import type { Principal } from '../../auth/principal.js';
import { ApiRequestContent } from '../../http/api-body.js';
import { ApiProblems } from '../../http/api-problems.js';
import { readBytes } from '../../http/body.js';
import { traceparentOf } from '../../http/http-tracing.js';
import { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { TimeSlice } from '../../kernel/time-slice.js';
import type { NewEvent } from '../event.js';
import { alertEvent, readAlertGroup } from './alertmanager.js';
import { ACCEPTED_SCHEMA } from '../api-schemas.js';
import { NOTIFICATION } from './api-bodies.js';
import { EventIntake, type Accepted } from './event-intake.js';
import { MAX_ALERTS_BYTES, readJsonText } from './limits.js';

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
  @ApiRequestContent(NOTIFICATION)
  @ApiResponse({ status: 202, description: 'Kept', schema: ACCEPTED_SCHEMA as never })
  @ApiProblems('invalid_event', 'too_large', 'unsupported_media_type', 'event_log_unavailable')
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
    const json = await readJsonText(await readBytes(req, res, MAX_ALERTS_BYTES));
    const { alerts, receiver } = await readAlertGroup(json);
    const principal = req.principal as Principal;
    const context = {
      now: this.clock.now(),
      correlationId: req.correlationId,
      publisher: principal.id,
    };
    const slice = new TimeSlice();
    const events: NewEvent[] = [];
    for (const alert of alerts) {
      events.push(alertEvent(alert, receiver, context));
      await slice.next();
    }
    return this.intake.accept(
      events,
      principal,
      callerOf(req),
      (index) => `/alerts/${index}`,
      traceparentOf(req),
    );
  }
}
