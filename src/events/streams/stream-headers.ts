import type { Response } from 'express';

/** Nest's own Cache-Control for `@Sse()` has more directives, for old caches; the contract names these three. */
const CACHE_CONTROL = 'no-cache, no-store, no-transform';

/**
 * Calls `begin` once, right after Nest has sent the head of the stream. Nest
 * commits it on a later turn of the event loop and offers no signal for it. The
 * empty line that Nest then writes is dropped: for several libraries an empty line
 * ends a block, and so makes an event without data.
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

/** Drops the next write that is an empty line; no frame of ours is one. */
function dropEmptyLine(res: Response): void {
  const { write } = res;
  res.write = ((...args: Parameters<typeof write>) => {
    if (args[0] !== '\n') return write.apply(res, args);
    res.write = write;
    return true;
  }) as Response['write'];
}
