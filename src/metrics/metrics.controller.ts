import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { Public } from '../auth/access.js';

/** Metrics in Prometheus's text format. Public on the backend's port; the gateway does not route to it by default. */
@ApiTags('health')
@Controller()
export class MetricsController extends PrometheusController {
  @ApiOperation({ summary: 'Metrics for Prometheus; not at the gateway' })
  @ApiOkResponse({
    description: 'Exposition format 0.0.4',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  @Public()
  @Get()
  override index(@Res({ passthrough: true }) response: Response): Promise<string> {
    return super.index(response);
  }
}
