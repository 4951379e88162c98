import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { parseTime } from '../kernel/calendar.js';
import { decimalOf } from '../kernel/decimal.js';

/**
 * A parameter that occurs once is a comma list; one that is repeated holds one value
 * each time, commas included: `?type=a,b` is the same as `?type=a&type=b`, and
 * `?type=a,b&type=` selects the type `a,b`. Empty values are dropped.
 */
export function List(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (value === undefined) return undefined;
    const values: unknown[] = typeof value === 'string' ? value.split(',') : [value].flat();
    return values.filter((item) => item !== '');
  });
}

/** A whole number in decimal digits. */
export function WholeNumber(
  name: string,
  range: { readonly min: number; readonly max: number; readonly default: number },
  description?: string,
): PropertyDecorator {
  const { min, max } = range;
  return applyDecorators(
    ApiPropertyOptional({
      type: 'integer',
      minimum: min,
      maximum: max,
      default: range.default,
      ...(description === undefined ? {} : { description }),
    }),
    IsOptional(),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (decimalOf(value) ?? value) : value,
    ),
    IsInt({ message: `${name} must be a whole number from ${min} to ${max}` }),
    Min(min),
    Max(max),
  ) as PropertyDecorator;
}

/** One of these words. */
export function OneOf(
  name: string,
  words: readonly string[],
  description?: string,
): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: String,
      // Not directly: Nest drops `enum` from the parameters of a query class.
      anyOf: [{ type: 'string', enum: [...words] }],
      ...(description === undefined ? {} : { description }),
    }),
    IsOptional(),
    IsIn(words, { message: `${name} must be ${words.join(' or ')}` }),
  ) as PropertyDecorator;
}

/** RFC 3339, section 5.6; seconds may be absent. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const EPOCH_MS = /^\d{1,14}$/;

/** A date and time, or epoch milliseconds; the property is epoch milliseconds. */
export function Time(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: String,
      anyOf: [
        { type: 'string', format: 'date-time' },
        { type: 'string', pattern: EPOCH_MS.source },
      ],
      description,
    }),
    IsOptional(),
    // NaN is what the validator refuses.
    Transform(({ value }: { value: unknown }) => {
      if (value === undefined) return undefined;
      if (typeof value !== 'string') return Number.NaN;
      if (EPOCH_MS.test(value)) return Number(value);
      return DATE_TIME.test(value) ? parseTime(value) : Number.NaN;
    }),
    IsInt({
      message:
        '$property must be a date and time such as 2026-01-31T03:00:00Z, or milliseconds since 1970',
    }),
  ) as PropertyDecorator;
}
