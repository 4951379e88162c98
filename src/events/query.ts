import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { List, OneOf, Time, WholeNumber } from '../http/query-values.js';
import { MAX_ATTRIBUTE_LENGTH, type FilterSpec } from '../kernel/filter-spec.js';
import { SEVERITIES } from './event.js';
import { POSITION } from './position.js';

/** As long as that of an event. */
const MAX_CORRELATION_ID_LENGTH = 1024;

const POSITION_HINT = '$property must be the position of an event, such as 1767225600000-0';

const list = (maxLength: number) => ({
  type: 'array' as const,
  items: { type: 'string' as const, maxLength },
  maxItems: 50,
});

export class FilterQuery {
  @ApiPropertyOptional({
    isArray: true,
    enum: SEVERITIES,
    description: 'A comma list, or repeated; repeat it for a value that holds a comma',
  })
  @IsOptional()
  @List()
  @IsIn(SEVERITIES, { each: true, message: `severity must be one of ${SEVERITIES.join(', ')}` })
  severity?: string[];

  @ApiPropertyOptional({
    ...list(128),
    description: 'A comma list, or repeated; repeat it for a value that holds a comma',
  })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(128, { each: true })
  module?: string[];

  @ApiPropertyOptional({
    ...list(256),
    description:
      'A comma list, or repeated; repeat it for a value that holds a comma; `prefix.*` matches every type that begins so',
  })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  type?: string[];

  @ApiPropertyOptional({
    ...list(MAX_ATTRIBUTE_LENGTH),
    description: 'As `type`: `/shop/*` matches every source that begins so',
  })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(MAX_ATTRIBUTE_LENGTH, { each: true })
  source?: string[];

  @ApiPropertyOptional({ ...list(MAX_ATTRIBUTE_LENGTH), description: 'As `source`' })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(MAX_ATTRIBUTE_LENGTH, { each: true })
  subject?: string[];
}

/** The part of a query that a filter takes. */
export function specOf({ severity, module, type, source, subject }: FilterQuery): FilterSpec {
  return { severity, module, type, source, subject };
}

export class StreamQuery extends FilterQuery {
  @ApiPropertyOptional({
    maxLength: 256,
    description: 'Resume after this position; the header Last-Event-ID wins',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  lastEventId?: string;

  @OneOf('follow', ['true', 'false'], 'false: the history, then the end')
  follow?: string;
}

/** A filter, a period of acceptance, and what is searched for in the JSON of the events. */
export class SearchQuery extends FilterQuery {
  @Time('Only events that were accepted at this time or later; or epoch milliseconds')
  since?: number;

  @Time('Only events that were accepted before this time; or epoch milliseconds')
  until?: number;

  @ApiPropertyOptional({ maxLength: 256, description: 'Text anywhere in the event, in any case' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  q?: string;

  @ApiPropertyOptional({
    ...list(MAX_CORRELATION_ID_LENGTH),
    description: 'Any of these correlation ids, exactly',
  })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(MAX_CORRELATION_ID_LENGTH, { each: true })
  correlationid?: string[];

  @OneOf(
    'system',
    ['true', 'false'],
    'false: without routine reports of the system about itself, which are the types `vx11.*` of severity info except `vx11.alert.*`',
  )
  system?: string;

  @ApiPropertyOptional({
    pattern: POSITION.source,
    description: 'Only events before this position: where an earlier answer stopped',
  })
  @IsOptional()
  @Matches(POSITION, { message: POSITION_HINT })
  before?: string;
}

const COUNTED = ['severity', 'module', 'type', 'time'] as const;

export class CountsQuery extends SearchQuery {
  @ApiPropertyOptional({ isArray: true, enum: COUNTED, description: 'Default: severity' })
  @IsOptional()
  @List()
  @IsIn(COUNTED, { each: true, message: `by must be one of ${COUNTED.join(', ')}` })
  by?: (typeof COUNTED)[number][];

  @WholeNumber(
    'buckets',
    { min: 1, max: 500, default: 60 },
    'Number of equal time buckets between since and until, for by=time',
  )
  buckets = 60;
}

export class HistoryQuery extends SearchQuery {
  @WholeNumber('limit', { min: 1, max: 500, default: 100 })
  limit = 100;

  @ApiPropertyOptional({
    pattern: POSITION.source,
    description: 'The oldest events after this position',
  })
  @IsOptional()
  @Matches(POSITION, { message: POSITION_HINT })
  after?: string;
}
