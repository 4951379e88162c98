import type { Response } from 'express';

/** Replaces Nest's Cache-Control for `@Sse()`, which has more directives for old caches; the contract names these three. */
const CACHE_CONTROL = 'no-cache, no-store, no-transform';

/**
 * Calls `begin` once, right after Nest has written the response head of the stream.
 * Nest writes the head on a later turn of the event loop and gives no signal. The empty
 * line that Nest writes after it is dropped: several libraries take an empty line for
 * the end of a block and emit an event without data.
 */
export function whenHeadersAreOut(res: Response, begin: () => void): void {
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
  res.writeHead = ((status: number, headers: Record<string, string>) => {
    res.writeHead = writeHead as Response['writeHead'];
    writeHead(status, { ...headers, 'Cache-Control': CACHE_CONTROL });
    if (status === 200) {
      dropEmptyLine(res);
      begin();
    }
    return res;
  }) as Response['writeHead'];
}

/** Drops the next write that is only a line feed; none of our frames is. */
function dropEmptyLine(res: Response): void {
  const { write } = res;
  res.write = ((...args: Parameters<typeof write>) => {
    if (args[0] !== '\n') return write.apply(res, args);
    res.write = write;
    return true;
  }) as Response['write'];
}
