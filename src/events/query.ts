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

export class HistoryQuery extends FilterQuery {
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
