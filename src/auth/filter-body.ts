import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { FilterSpec } from '../kernel/event-filter.js';

/** A filter as a request or a file gives it. */
export class FilterBody implements FilterSpec {
  @ApiPropertyOptional({ isArray: true, enum: ['info', 'warn', 'error', 'critical'] })
  @IsOptional()
  @IsArray()
  @IsIn(['info', 'warn', 'error', 'critical'], { each: true })
  severity?: string[];

  @ApiPropertyOptional({ type: [String], example: ['madre'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(128, { each: true })
  module?: string[];

  @ApiPropertyOptional({ type: [String], example: ['vx11.security.*'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  type?: string[];
}
