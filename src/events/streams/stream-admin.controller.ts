import { Controller, Delete, Get, HttpCode, Param, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AuditTrail } from '../../audit/audit-trail.js';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import { ApiProblems } from '../../http/api-problems.js';
import { TEXT_QUERY, textOf } from '../../http/text-query.js';
import type { FilterSpec } from '../../kernel/event-filter.js';
import { StreamDirectory, type StreamList } from './stream-directory.js';

const TEXT = { type: 'string' };
const STREAM_LIST = {
  type: 'object',
  required: ['streams', 'total', 'matching', 'silent_instances'],
  additionalProperties: false,
  properties: {
    streams: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'instance', 'principal_id', 'credential', 'opened_at'],
        properties: {
          id: TEXT,
          instance: TEXT,
          principal_id: TEXT,
          credential: { enum: ['ephemeral', 'principal'] },
          filter: {},
          address: TEXT,
          user_agent: TEXT,
          opened_at: { type: 'string', format: 'date-time' },
          events_delivered: { type: 'integer', minimum: 0, description: 'Live events so far' },
          backlog_bytes: {
            type: 'integer',
            minimum: 0,
            description: 'Bytes that wait because the client does not read them',
          },
        },
      },
    },
    total: { type: 'integer', minimum: 0, description: 'All open streams' },
    matching: { type: 'integer', minimum: 0, description: 'Those of them that match q' },
    silent_instances: { type: 'integer', minimum: 0 },
  },
};

@ApiTags('administration')
@Controller('operator/api')
export class StreamAdminController {
  constructor(
    private readonly directory: StreamDirectory,
    private readonly audit: AuditTrail,
  ) {}

  @ApiOperation({ summary: 'The open streams of all instances' })
  @ApiOkResponse({
    description: 'At most a thousand streams of each instance, the newest',
    schema: STREAM_LIST as never,
  })
  @ApiQuery({
    ...TEXT_QUERY,
    description:
      'Only those with this text in principal, credential, address, client, instance or id, in any case',
  })
  @ApiProblems('invalid_query', 'instances_unreachable')
  @RequireScope('streams:admin')
  @Get('streams')
  list(@Query('q') q: unknown, @Req() req: Request): Promise<StreamList> {
    return this.directory.list(boundsOf(req.principal as Principal), textOf(q));
  }

  @ApiOperation({ summary: 'End a stream, whichever instance carries it' })
  @ApiResponse({ status: 204, description: 'The stream got goodbye and ends' })
  @ApiProblems('not_found', 'instances_unreachable')
  @RequireScope('streams:admin')
  @HttpCode(204)
  @Delete('streams/:id')
  async end(@Param('id') id: string, @Req() req: Request): Promise<void> {
    const by = req.principal as Principal;
    const owner = await this.directory.end(id, boundsOf(by));
    await this.audit.record({
      action: 'stream.ended_by_admin',
      actor: by.id,
      subject: id,
      owner,
      address: req.ip,
      correlationId: req.correlationId,
    });
  }
}

/** An administrator with a filter sees and ends only streams that lie within this filter. */
function boundsOf({ filter }: Principal): readonly FilterSpec[] {
  return filter ? [filter] : [];
}
