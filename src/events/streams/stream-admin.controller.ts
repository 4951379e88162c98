import { Controller, Delete, Get, HttpCode, Param, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AuditTrail } from '../../audit/audit-trail.js';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import type { FilterSpec } from '../../kernel/event-filter.js';
import { StreamDirectory, type StreamList } from './stream-directory.js';

@ApiTags('administration')
@Controller('operator/api')
export class StreamAdminController {
  constructor(
    private readonly directory: StreamDirectory,
    private readonly audit: AuditTrail,
  ) {}

  @ApiOperation({ summary: 'The open streams of all instances' })
  @ApiOkResponse({
    description:
      '{"streams":[…],"total","silent_instances"}: at most a thousand streams of each instance, the newest',
  })
  @RequireScope('streams:admin')
  @Get('streams')
  list(@Req() req: Request): Promise<StreamList> {
    return this.directory.list(boundsOf(req.principal as Principal));
  }

  @ApiOperation({ summary: 'End a stream, whichever instance carries it' })
  @ApiResponse({ status: 204, description: 'The stream got goodbye and ends' })
  @RequireScope('streams:admin')
  @HttpCode(204)
  @Delete('streams/:id')
  async end(@Param('id') id: string, @Req() req: Request): Promise<void> {
    const by = req.principal as Principal;
    await this.directory.end(id, boundsOf(by));
    this.audit.record({
      action: 'stream.ended_by_admin',
      actor: by.id,
      subject: id,
      correlationId: req.correlationId,
    });
  }
}

/** An administrator with a filter sees and ends only what lies inside it. */
function boundsOf({ filter }: Principal): readonly FilterSpec[] {
  return filter ? [filter] : [];
}
