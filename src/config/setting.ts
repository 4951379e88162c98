import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import type { Format } from './formats.js';

/** What one environment variable is, as `.env.example` and the reference show it. */
export interface SettingDoc {
  name: string;
  doc: string;
  fallback: string | undefined;
  /** Shown in `.env.example` when there is no fallback. */
  example?: string;
  group: string;
}

const docs: SettingDoc[] = [];

/** Every variable that the product reads, in the order of declaration. */
export function settings(): readonly SettingDoc[] {
  return docs;
}

let currentGroup = '';

/** Starts a new heading in `.env.example`; used as the class body is read. */
export function group(title: string): PropertyDecorator {
  // Now, not when applied: the decorators below this one are applied before it.
  currentGroup = title;
  return () => undefined;
}

function setting(
  name: string | symbol,
  doc: string,
  fallback: string | number | undefined,
  example?: string,
): void {
  docs.push({
    name: String(name),
    doc,
    fallback: fallback === undefined ? undefined : String(fallback),
    group: currentGroup,
    ...(example === undefined ? {} : { example }),
  });
}

/** An empty variable counts as absent: `NAME=` in a file switches a setting off. */
const read = (fallback: unknown, convert: (text: string) => unknown) =>
  Transform(({ value }) =>
    value === undefined || value === '' ? fallback : convert(String(value).trim()),
  );

const described =
  (doc: string, fallback: string | number | undefined, example?: string): PropertyDecorator =>
  (_target, name) =>
    setting(name, doc, fallback, example);

/** A whole number; its unit stands in the description. */
export function Int(
  fallback: number,
  doc: string,
  range: { min: number; max: number },
): PropertyDecorator {
  return applyDecorators(
    described(doc, fallback),
    read(fallback, (text) =>
      text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text),
    ),
    IsInt({ message: '$property must be a whole number, not "$value"' }),
    Min(range.min, { message: `$property must be at least ${range.min}, not $value` }),
    Max(range.max, { message: `$property must be at most ${range.max}, not $value` }),
  ) as PropertyDecorator;
}

export function Port(fallback: number, doc: string): PropertyDecorator {
  return Int(fallback, doc, { min: 0, max: 65_535 });
}

export function Text(
  fallback: string | undefined,
  doc: string,
  options: { example?: string; format?: Format } = {},
): PropertyDecorator {
  return applyDecorators(
    described(doc, fallback, options.example),
    read(fallback, (text) => text),
    IsOptional(),
    IsString(),
    MaxLength(4096),
    ...formatted(options.format),
  ) as PropertyDecorator;
}

/** Never repeats the value: it may hold a password. */
function formatted(format: Format | undefined): PropertyDecorator[] {
  if (!format) return [];
  const faultOf = (value: unknown): string | undefined =>
    [value]
      .flat()
      .map((item) => (typeof item === 'string' ? format(item) : 'must be text'))
      .find(Boolean);
  return [
    ValidateBy({
      name: 'format',
      validator: {
        validate: (value) => faultOf(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${faultOf(args?.value)}`,
      },
    }),
  ];
}

export function OneOf(values: readonly string[], fallback: string, doc: string): PropertyDecorator {
  return applyDecorators(
    described(`${doc} One of: ${values.join(', ')}.`, fallback),
    read(fallback, (text) => text),
    IsIn(values, { message: `$property must be one of ${values.join(', ')}, not "$value"` }),
  ) as PropertyDecorator;
}

/** `1/true/on/yes` and `0/false/off/no`. */
export function Flag(fallback: boolean, doc: string): PropertyDecorator {
  const words = new Map<string, boolean>([
    ...['1', 'true', 'on', 'yes'].map((word) => [word, true] as const),
    ...['0', 'false', 'off', 'no'].map((word) => [word, false] as const),
  ]);
  return applyDecorators(
    described(doc, fallback ? '1' : '0'),
    read(fallback, (text) => words.get(text.toLowerCase()) ?? text),
    IsIn([true, false], { message: '$property must be 1 or 0, not "$value"' }),
  ) as PropertyDecorator;
}

/** A comma list; blanks are dropped. `format` and `canonical` are for each item. */
export function List(
  fallback: string,
  doc: string,
  options: { format?: Format; canonical?: (item: string) => string } = {},
): PropertyDecorator {
  const { canonical = (item: string) => item } = options;
  const split = (text: string) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
      .map((item) => (options.format?.(item) === undefined ? canonical(item) : item));
  return applyDecorators(
    described(`${doc} Comma list.`, fallback),
    read(split(fallback), split),
    IsString({ each: true }),
    ...formatted(options.format),
  ) as PropertyDecorator;
}
