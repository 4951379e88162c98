import type { RequestHandler } from 'express';

/**
 * One handler that runs several in order. For Express each handler of its own is a layer,
 * which costs every request more than most of these handlers do.
 */
export function inSequence(...handlers: readonly RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    let index = 0;
    const step = (error?: unknown): void => {
      const handler = error === undefined ? handlers[index++] : undefined;
      if (handler) void handler(req, res, step);
      else next(error);
    };
    step();
  };
}
