import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '../kernel/problem.js';

/** Describes the problems that an operation answers, one response for each status. */
export function ApiProblems(...codes: readonly ProblemCode[]): MethodDecorator {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code][0]);
  return applyDecorators(
    ...Array.from(byStatus, ([status, same]) =>
      ApiResponse({
        status,
        description: same.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('. '),
        content: {
          'application/problem+json': {
            schema: {
              type: 'object',
              required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'correlation_id'],
              properties: { code: { type: 'string', enum: [...same] }, status: { const: status } },
            } as never,
          },
        },
      }),
    ),
  );
}
