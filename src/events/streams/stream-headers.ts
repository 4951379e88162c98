import type { Response } from 'express';

/**
 * What Nest's own Cache-Control for `@Sse()` says besides is for caches of
 * another age; the contract names these three.
 */
const CACHE_CONTROL = 'no-cache, no-store, no-transform';

/**
 * Calls `begin` once, right after Nest has sent the head of the stream. Nest
 * commits it on a later turn of the event loop and offers no signal for it; the
 * first byte of the body must be ours, and `retry:`.
 */
export function whenHeadersAreOut(res: Response, begin: () => void): void {
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
  res.writeHead = ((status: number, headers: Record<string, string>) => {
    res.writeHead = writeHead as Response['writeHead'];
    writeHead(status, { ...headers, 'Cache-Control': CACHE_CONTROL });
    if (status === 200) begin();
    return res;
  }) as Response['writeHead'];
}
