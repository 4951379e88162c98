import { ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';
import {
  filterFaults,
  MAX_ATTRIBUTE_LENGTH,
  MAX_FILTER_VALUES,
  MAX_MODULE_LENGTH,
  MAX_TYPE_LENGTH,
  type FilterSpec,
} from '../kernel/filter-spec.js';
import { SEVERITIES } from '../kernel/severity.js';

/** A filter as the API describes it; `filterFaults` is what validates one. */
export class FilterBody implements FilterSpec {
  @ApiPropertyOptional({ isArray: true, enum: SEVERITIES, minItems: 1 })
  severity?: string[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: MAX_MODULE_LENGTH },
    minItems: 1,
    maxItems: MAX_FILTER_VALUES,
    example: ['madre'],
  })
  module?: string[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: MAX_TYPE_LENGTH },
    minItems: 1,
    maxItems: MAX_FILTER_VALUES,
    example: ['vx11.security.*'],
  })
  type?: string[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: MAX_ATTRIBUTE_LENGTH },
    minItems: 1,
    maxItems: MAX_FILTER_VALUES,
    description: 'A value that ends in `*` is a prefix',
    example: ['/shop/*'],
  })
  source?: string[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: MAX_ATTRIBUTE_LENGTH },
    minItems: 1,
    maxItems: MAX_FILTER_VALUES,
    description:
      'A value that ends in `*` is a prefix; an event without a subject has none of them',
    example: ['order/17'],
  })
  subject?: string[];
}

/** The property is absent or a valid filter; null is neither. */
export function IsFilter(): PropertyDecorator {
  const isGiven = ValidateIf((_, value) => value !== undefined);
  const isFilter = ValidateBy({
    name: 'isFilter',
    validator: {
      validate: (value: unknown) => filterFaults(value).length === 0,
      defaultMessage: (args) =>
        filterFaults(args?.value)
          .map(({ path, message }) => `${path} ${message}`)
          .join('; '),
    },
  });
  return (target, name) => {
    isGiven(target, name as string);
    isFilter(target, name as string);
  };
}
