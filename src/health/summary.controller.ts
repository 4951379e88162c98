import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { Summary, type SummaryView } from './summary.js';

@ApiTags('health')
@Controller('operator/api/summary')
export class SummaryController {
  constructor(private readonly summary: Summary) {}

  @ApiOperation({
    summary: 'The last 15 minutes of all instances together, as the panel plots them',
    description:
      'One value each 5 seconds, oldest first; null where nothing happened to compute it from.',
  })
  @ApiOkResponse({ description: 'Columns of equal length' })
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get()
  read(): SummaryView {
    return this.summary.view();
  }
}
