import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { parseTime } from '../../kernel/calendar.js';
import { redactedJson } from '../../kernel/redaction.js';
import { FilterBody, IsFilter } from '../filter-body.js';
import { NOT_A_PRINCIPAL_ID, PRINCIPAL_ID, SCOPES, type Scope } from '../principal.js';

const MAX_RATE = 1_000_000;
const MAX_COMMENT = 256;
const WEEK_SEC = 7 * 24 * 3600;
const HASH = /^[0-9a-f]{64}$/;
/** RFC 3339, with a time zone: without one, server and administrator could mean different times. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

const ID = {
  pattern: PRINCIPAL_ID.source,
  description: 'Its id, as events and audit entries name it',
};
const SCOPE_LIST = { isArray: true, enum: SCOPES, description: 'What it may do' };
const TOKEN_HASH = {
  type: 'string',
  nullable: true,
  pattern: HASH.source,
  description:
    'SHA-256 in hex of a token that its holder made (vx11 principals generate). Absent or null: the server makes one and returns it once',
} as const;
const RATE = { type: 'integer', nullable: true, minimum: 1, maximum: MAX_RATE } as const;
const COMMENT = { type: 'string', nullable: true, maxLength: MAX_COMMENT } as const;
const EXPIRY = { type: 'string', nullable: true, format: 'date-time' } as const;

function IsScopes(): PropertyDecorator {
  return (target, name) => {
    IsArray()(target, name as string);
    IsIn(SCOPES, { each: true, message: `scopes may hold ${SCOPES.join(', ')}` })(
      target,
      name as string,
    );
  };
}

/** Administrators see what they and others have written about a principal. */
function HoldsNoCredential(): PropertyDecorator {
  return ValidateBy({
    name: 'holdsNoCredential',
    validator: {
      validate: (value: unknown) =>
        value === undefined || redactedJson(value) === JSON.stringify(value),
      defaultMessage: () => '$property holds a credential; send another value',
    },
  });
}

function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && TIME.test(value) && !Number.isNaN(parseTime(value)),
      defaultMessage: () => '$property must be a time as 2027-01-31T12:00:00Z',
    },
  });
}

/** Makes null the same as absent: many clients send null for what they do not set. */
const NullIsAbsent = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => value ?? undefined),
    IsOptional(),
  ) as PropertyDecorator;

function IsTokenHash(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional(TOKEN_HASH),
    NullIsAbsent(),
    Matches(HASH, { message: 'token_sha256 must be the SHA-256 of the token in lower-case hex' }),
  ) as PropertyDecorator;
}

/** The property is absent or null, or the other rules apply. */
const unlessNull = ValidateIf((_, value) => value !== undefined && value !== null);

export class CreatePrincipalBody {
  @ApiProperty(ID)
  @Matches(PRINCIPAL_ID, { message: NOT_A_PRINCIPAL_ID })
  @HoldsNoCredential()
  id: string;

  @ApiProperty(SCOPE_LIST)
  @IsScopes()
  scopes: Scope[];

  @ApiPropertyOptional({
    type: FilterBody,
    minProperties: 1,
    description: 'The only events that it may read, publish or administrate',
  })
  @IsFilter()
  @HoldsNoCredential()
  filter?: FilterBody;

  @ApiPropertyOptional({
    ...RATE,
    description: 'Ephemeral tokens per second; absent or null: the configured default',
  })
  @NullIsAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_RATE)
  rate_limit?: number;

  @ApiPropertyOptional(COMMENT)
  @NullIsAbsent()
  @IsString()
  @MaxLength(MAX_COMMENT)
  @HoldsNoCredential()
  comment?: string;

  @ApiPropertyOptional({ ...EXPIRY, description: 'When its rights end; absent or null: never' })
  @NullIsAbsent()
  @IsTime()
  expires_at?: string;

  @IsTokenHash()
  token_sha256?: string;
}

export class ChangePrincipalBody {
  @ApiPropertyOptional(SCOPE_LIST)
  @ValidateIf((_, value) => value !== undefined)
  @IsScopes()
  scopes?: Scope[];

  @ApiPropertyOptional({
    type: FilterBody,
    nullable: true,
    description: 'null: no filter',
  })
  @FilterOrNull()
  @HoldsNoCredential()
  filter?: FilterBody | null;

  @ApiPropertyOptional(RATE)
  @unlessNull
  @IsInt()
  @Min(1)
  @Max(MAX_RATE)
  rate_limit?: number | null;

  @ApiPropertyOptional(COMMENT)
  @unlessNull
  @IsString()
  @MaxLength(MAX_COMMENT)
  @HoldsNoCredential()
  comment?: string | null;

  @ApiPropertyOptional({
    ...EXPIRY,
    description: 'A time that is past ends it now; null: it never ends',
  })
  @unlessNull
  @IsTime()
  expires_at?: string | null;
}

function FilterOrNull(): PropertyDecorator {
  return (target, name) => {
    IsFilter()(target, name);
    unlessNull(target, name as string);
  };
}

export class RotateBody {
  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: WEEK_SEC,
    default: 3600,
    description: 'Seconds for which the previous token stays valid',
  })
  @NullIsAbsent()
  @IsInt()
  @Min(0)
  @Max(WEEK_SEC)
  grace_sec?: number;

  @IsTokenHash()
  token_sha256?: string;
}
