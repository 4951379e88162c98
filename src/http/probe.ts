/** Result of one probe of a service. `ms` is how long it took. */
export type Probed =
  | { readonly up: true; readonly ms: number }
  | { readonly up: false; readonly ms: number; readonly why: 'refused' | 'timeout' | 'status' };

/** Sends a GET to `url`. The service is up if it answers 2xx within `timeoutMs`. Never rejects. */
export async function probe(url: string, timeoutMs: number): Promise<Probed> {
  return timed(async () => {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'manual',
      headers: { 'User-Agent': 'vx11-probe' },
    });
    await answer.body?.cancel();
    return answer.ok;
  });
}

/** Like `probe`, for a check that is not an HTTP request. */
export async function timed(ask: () => Promise<boolean>): Promise<Probed> {
  const startedAt = performance.now();
  const ms = () => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    return (await ask()) ? { up: true, ms: ms() } : { up: false, ms: ms(), why: 'status' };
  } catch (error) {
    const timeout = (error as Error).name === 'TimeoutError';
    return { up: false, ms: ms(), why: timeout ? 'timeout' : 'refused' };
  }
}
