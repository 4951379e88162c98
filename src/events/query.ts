import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { SEVERITIES } from './event.js';
import { POSITION } from './position.js';

const POSITION_HINT = '$property must be the position of an event, such as 1767225600000-0';

/**
 * A parameter that occurs once is a comma list; one that is repeated holds one value
 * each time, commas included: `?type=a,b` is the same as `?type=a&type=b`, and
 * `?type=a,b&type=` selects the type `a,b`. Empty values are dropped.
 */
const List = () =>
  Transform(({ value }: { value: unknown }) => {
    if (value === undefined) return undefined;
    const values: unknown[] = typeof value === 'string' ? value.split(',') : [value].flat();
    return values.filter((item) => item !== '');
  });

const list = (maxLength: number) => ({
  type: 'array' as const,
  items: { type: 'string' as const, maxLength },
  maxItems: 50,
});
/** RFC 3339, section 5.6; seconds may be absent. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const EPOCH_MS = /^\d{1,14}$/;
const TIME_HINT =
  '$property must be a date and time such as 2026-01-31T03:00:00Z, or milliseconds since 1970';

/** Epoch milliseconds; NaN, which the validator refuses, for any other text. */
const Time = () =>
  Transform(({ value }: { value: unknown }) => {
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return Number.NaN;
    if (EPOCH_MS.test(value)) return Number(value);
    return DATE_TIME.test(value) ? Date.parse(value) : Number.NaN;
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

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'false: the history, then the end' })
  @IsOptional()
  @IsIn(['true', 'false'], { message: 'follow must be true or false' })
  follow?: string;
}

/** Severity, module and type, and a period of acceptance. */
export class PeriodQuery extends FilterQuery {
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only events that were accepted at this time or later; or epoch milliseconds',
  })
  @IsOptional()
  @Time()
  @IsInt({ message: TIME_HINT })
  since?: number;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only events that were accepted before this time; or epoch milliseconds',
  })
  @IsOptional()
  @Time()
  @IsInt({ message: TIME_HINT })
  until?: number;
}

const COUNTED = ['severity', 'module', 'type', 'time'] as const;

export class CountsQuery extends PeriodQuery {
  @ApiPropertyOptional({ isArray: true, enum: COUNTED, description: 'Default: severity' })
  @IsOptional()
  @List()
  @IsIn(COUNTED, { each: true, message: `by must be one of ${COUNTED.join(', ')}` })
  by?: (typeof COUNTED)[number][];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 500,
    default: 60,
    description: 'Number of equal time buckets between since and until, for by=time',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && value !== '' ? Number(value) : value,
  )
  @IsInt({ message: 'buckets must be a whole number from 1 to 500' })
  @Min(1)
  @Max(500)
  buckets = 60;
}

export class HistoryQuery extends PeriodQuery {
  @ApiPropertyOptional({ maxLength: 256, description: 'Text anywhere in the event, in any case' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  q?: string;

  @ApiPropertyOptional({ type: [String], description: 'Any of these sources, exactly' })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  source?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Any of these subjects, exactly' })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  subject?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Any of these correlation ids, exactly' })
  @IsOptional()
  @List()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  correlationid?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 100 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && value !== '' ? Number(value) : value,
  )
  @IsInt({ message: 'limit must be a whole number from 1 to 500' })
  @Min(1)
  @Max(500)
  limit = 100;

  @ApiPropertyOptional({
    pattern: POSITION.source,
    description: 'The newest events before this position',
  })
  @IsOptional()
  @Matches(POSITION, { message: POSITION_HINT })
  before?: string;

  @ApiPropertyOptional({
    pattern: POSITION.source,
    description: 'The oldest events after this position',
  })
  @IsOptional()
  @Matches(POSITION, { message: POSITION_HINT })
  after?: string;
}
