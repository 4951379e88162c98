import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ServiceWatch, type ServiceRow } from './service-watch.js';

const SERVICES_SCHEMA = {
  type: 'object',
  required: ['services'],
  additionalProperties: false,
  properties: {
    services: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'status', 'latency_ms', 'since'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          status: { enum: ['up', 'down', 'unknown', 'embedded'] },
          latency_ms: { type: ['number', 'null'], minimum: 0 },
          since: { type: ['string', 'null'], format: 'date-time' },
        },
      },
    },
  },
};

@ApiTags('health')
@Controller('operator/api/services')
export class ServicesController {
  constructor(private readonly watch: ServiceWatch) {}

  @ApiOperation({
    summary: 'The status of the seven services',
    description:
      'status: up, down, unknown (not probed yet), or embedded (redis, without VX11_REDIS_URL). since: when that status began. Every change is an event vx11.service.up or vx11.service.down.',
  })
  @ApiOkResponse({ description: 'One row each', schema: SERVICES_SCHEMA as never })
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get()
  list(): { services: ServiceRow[] } {
    return { services: this.watch.rows() };
  }
}
