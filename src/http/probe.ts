/** What one look at a service has shown. `ms` is how long it took. */
export type Probed =
  | { readonly up: true; readonly ms: number }
  | { readonly up: false; readonly ms: number; readonly why: 'refused' | 'timeout' | 'status' };

/** Asks `url`; up is an answer of 2xx within `timeoutMs`. Never rejects. */
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

/** As `probe`, for any other way of asking. */
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
