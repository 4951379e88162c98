import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { ACTION_NAMES, type Action } from '../audit/actions.js';
import type { AuditQuery } from '../audit/audit-store.js';
import { List, OneOf, Time, WholeNumber } from '../http/query-values.js';

/** A number of the embedded trail, or an id of the stream in Redis. */
const CURSOR = /^\d{1,15}(-\d{1,19})?$/;
const CURSOR_HINT = '$property must be the value of `next` in an earlier answer';

const Exactly =
  (description: string): PropertyDecorator =>
  (target, name) => {
    ApiPropertyOptional({ maxLength: 256, description })(target, name);
    IsOptional()(target, name);
    IsString()(target, name);
    MaxLength(256)(target, name);
  };

/** The query of `GET /operator/api/audit`. */
export class AuditListQuery {
  @Time('Only entries from this time on; or epoch milliseconds')
  since?: number;

  @Time('Only entries before this time; or epoch milliseconds')
  until?: number;

  @ApiPropertyOptional({
    isArray: true,
    enum: ACTION_NAMES,
    description: 'A comma list, or repeated',
  })
  @IsOptional()
  @List()
  @IsIn(ACTION_NAMES, { each: true, message: 'action must be one of the actions in the reference' })
  action?: Action[];

  @OneOf('result', ['done', 'refused'])
  result?: string;

  @Exactly('The principal that acted')
  actor?: string;

  @Exactly('The principal or stream that it acted on')
  subject?: string;

  @Exactly('The address as the trail stores it')
  address?: string;

  @Exactly('The correlation id of the request')
  correlationid?: string;

  @WholeNumber('limit', { min: 1, max: 500, default: 100 })
  limit = 100;

  @ApiPropertyOptional({ pattern: CURSOR.source, description: '`next` of an earlier answer' })
  @IsOptional()
  @Matches(CURSOR, { message: CURSOR_HINT })
  before?: string;
}

/** The query of `GET /operator/api/audit/export`. */
export class AuditExportQuery {
  @WholeNumber('limit', { min: 1, max: 10_000, default: 1000 })
  limit = 1000;

  @ApiPropertyOptional({ pattern: CURSOR.source, description: 'Position of the last entry had' })
  @IsOptional()
  @Matches(CURSOR, { message: CURSOR_HINT })
  after?: string;
}

export function storeQuery(
  query: AuditListQuery,
  principals: ReadonlySet<string> | undefined,
): AuditQuery {
  const { since, until, action, result, actor, subject, address, correlationid } = query;
  return {
    since,
    until,
    actions: action,
    result,
    actor,
    subject,
    address,
    correlationId: correlationid,
    principals,
  };
}
