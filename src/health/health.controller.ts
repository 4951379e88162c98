import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import { Public } from '../auth/access.js';
import { ApiProblems } from '../http/api-problems.js';
import { Clock } from '../kernel/clock.js';
import { Readiness } from '../kernel/readiness.js';
import { TokenCache } from '../token-cache/token-cache.js';
import { BuildInfo } from './build-info.js';
import { EventLogIndicator, TrafficIndicator } from './health-indicators.js';

const SERVICE = 'operator_backend';

/** A closed object of these fields, all of them there. */
function exactly(properties: Record<string, object>) {
  const required = Object.keys(properties);
  return { schema: { type: 'object', required, properties, additionalProperties: false } as never };
}

const WHO = {
  status: { const: 'ok' },
  service: { const: SERVICE },
  version: { type: 'string' },
};
const IDENTITY = { description: 'Yes', ...exactly(WHO) };
const DETAIL = {
  description: 'Up and able to work',
  ...exactly({
    ...WHO,
    timestamp: { type: 'string', format: 'date-time' },
    ephemeral_token_cache_size: { type: 'integer', minimum: 0 },
  }),
};

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly traffic: TrafficIndicator,
    private readonly eventLog: EventLogIndicator,
    private readonly readiness: Readiness,
    private readonly tokens: TokenCache,
    private readonly clock: Clock,
    private readonly build: BuildInfo,
  ) {}

  @ApiOperation({
    summary: 'Whether the instance is up and can work; for people and load balancers',
  })
  @ApiOkResponse(IDENTITY)
  @ApiProblems('not_ready', 'draining', 'event_log_full')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('health')
  async summary(): Promise<object> {
    await this.checked();
    return this.identity();
  }

  @ApiOperation({ summary: 'Whether the process answers; restart it when it does not' })
  @ApiOkResponse(IDENTITY)
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('livez')
  live(): object {
    return this.identity();
  }

  @ApiOperation({
    summary: 'Whether to send traffic here; 503 while draining or without the event log',
  })
  @ApiOkResponse(IDENTITY)
  @ApiProblems('not_ready', 'draining', 'event_log_full')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('readyz')
  async ready(): Promise<object> {
    this.readiness.probed();
    await this.checked();
    return this.identity();
  }

  @ApiOperation({ summary: 'Health with version and token cache' })
  @ApiOkResponse(DETAIL)
  @ApiProblems('not_ready', 'draining', 'event_log_full')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Get('operator/api/health')
  async detail(): Promise<object> {
    await this.checked();
    return {
      ...this.identity(),
      version: this.build.version,
      timestamp: new Date(this.clock.now()).toISOString(),
      ephemeral_token_cache_size: this.tokens.size(),
    };
  }

  private identity(): object {
    return { status: 'ok', service: SERVICE, version: this.build.version };
  }

  /**
   * Terminus decides. Traffic comes first: an instance that shuts down answers `draining`,
   * whatever its event log does.
   * @throws ServiceUnavailableException, which ProblemFilter answers as draining,
   *   not_ready or event_log_full
   */
  private async checked(): Promise<void> {
    await this.health.check([() => this.traffic.check(), () => this.eventLog.check()]);
  }
}
