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
import { decimalOf } from '../kernel/decimal.js';
import type { Format } from './formats.js';

/** What one environment variable is, as `.env.example` and the reference show it. */
export interface SettingDoc {
  readonly name: string;
  readonly doc: string;
  readonly fallback: string | undefined;
  /** Shown in `.env.example` when there is no fallback. */
  readonly example?: string | undefined;
  /** Of a number: what it counts. */
  readonly unit?: string | undefined;
  /** Which values are taken, where that is a range or a choice. */
  readonly values?: string | undefined;
  /** Whether it holds a credential. Its value appears in no message. */
  readonly isSecret?: boolean | undefined;
}

const docs = new Map<unknown, SettingDoc[]>();

/** The variables that a class declares, in the order of declaration. */
export function settingsOf(shape: new () => object): readonly SettingDoc[] {
  return docs.get(shape) ?? [];
}

function described(doc: Omit<SettingDoc, 'name'>): PropertyDecorator {
  return (target, name) => {
    const own = docs.get(target.constructor) ?? [];
    own.push({ ...doc, name: String(name) });
    docs.set(target.constructor, own);
  };
}

/** An empty or blank variable counts as absent: `NAME=` in a file switches a setting off. */
const read = (fallback: unknown, convert: (text: string) => unknown) =>
  Transform(({ value }) => {
    const text = String(value ?? '').trim();
    return text === '' ? fallback : convert(text);
  });

/** A whole number. */
export function Int(
  fallback: number,
  doc: string,
  range: { min: number; max: number; unit?: string },
): PropertyDecorator {
  return applyDecorators(
    described({
      doc,
      fallback: String(fallback),
      unit: range.unit,
      values: `${range.min} to ${range.max}`,
    }),
    read(fallback, (text) => decimalOf(text) ?? text),
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
  options: {
    example?: string;
    format?: Format;
    canonical?: (text: string) => string;
    secret?: boolean;
  } = {},
): PropertyDecorator {
  const { format, canonical = (text: string) => text } = options;
  return applyDecorators(
    described({ doc, fallback, example: options.example, isSecret: options.secret }),
    read(fallback, (text) => (format?.(text) === undefined ? canonical(text) : text)),
    IsOptional(),
    IsString(),
    MaxLength(4096),
    ...formatted(format),
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
    described({ doc, fallback, values: values.join(', ') }),
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
    described({ doc, fallback: fallback ? '1' : '0', values: '1, 0' }),
    read(fallback, (text) => words.get(text.toLowerCase()) ?? text),
    IsIn([true, false], { message: '$property must be 1 or 0, not "$value"' }),
  ) as PropertyDecorator;
}

/** A comma list; blanks are dropped. `format` and `canonical` are for each item. */
export function List(
  fallback: string,
  doc: string,
  options: { format?: Format; canonical?: (item: string) => string; secret?: boolean } = {},
): PropertyDecorator {
  const { canonical = (item: string) => item } = options;
  const split = (text: string) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
      .map((item) => (options.format?.(item) === undefined ? canonical(item) : item));
  return applyDecorators(
    described({ doc, fallback, values: 'comma list', isSecret: options.secret }),
    read(split(fallback), split),
    IsString({ each: true }),
    ...formatted(options.format),
  ) as PropertyDecorator;
}
