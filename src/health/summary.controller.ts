import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { Environment } from '../config/environment.js';
import { LATENCIES } from './summary-source.js';
import { Summary, type SummaryView } from './summary.js';

const COLUMN = { type: 'array', items: { type: ['number', 'null'] } };
const columns = (...names: string[]) => ({
  type: 'object',
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, COLUMN])),
});
const SCALARS = ['instances', 'interval_sec', 'window_sec', 'smoothing_sec'];
const COLUMNS = [
  'at',
  'issued_per_sec',
  'published_per_sec',
  'deliveries_per_sec',
  'active_tokens',
  'adoption',
  'validation_success',
];
const GROUPS = {
  streams: columns('ephemeral', 'principal'),
  observations: columns('opened', 'validations', ...LATENCIES),
  latency_ms: {
    type: 'object',
    required: LATENCIES,
    properties: Object.fromEntries(LATENCIES.map((name) => [name, columns('p50', 'p99')])),
  },
};
const SUMMARY_SCHEMA = {
  type: 'object',
  required: [...SCALARS, ...COLUMNS, ...Object.keys(GROUPS), 'principal_fallback'],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(SCALARS.map((name) => [name, { type: 'integer', minimum: 0 }])),
    ...columns(...COLUMNS).properties,
    ...GROUPS,
    principal_fallback: {
      enum: ['any', 'header', 'off'],
      description: 'Where a principal token still opens a stream (VX11_SSE_PRINCIPAL_FALLBACK)',
    },
  },
};

@ApiTags('health')
@Controller('operator/api/summary')
export class SummaryController {
  constructor(
    private readonly summary: Summary,
    private readonly config: Environment,
  ) {}

  @ApiOperation({
    summary: 'The last 15 minutes of all instances together, as the panel plots them',
    description:
      'One value for each 5 seconds, oldest first; null where there was nothing to compute it from.',
  })
  @ApiOkResponse({ description: 'Columns of equal length', schema: SUMMARY_SCHEMA as never })
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get()
  read(): SummaryView & { principal_fallback: string } {
    return {
      ...this.summary.view(),
      principal_fallback: this.config.VX11_SSE_PRINCIPAL_FALLBACK,
    };
  }
}
