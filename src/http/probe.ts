import { Agent as HttpAgent, get } from 'node:http';
import { Agent as HttpsAgent, get as getSecurely } from 'node:https';
import { names } from './name-cache.js';

/** Result of one probe of a service. `ms` is how long it took. */
export type Probed =
  | { readonly up: true; readonly ms: number }
  | { readonly up: false; readonly ms: number; readonly why: 'refused' | 'timeout' | 'status' };

const AGENTS = {
  'http:': new HttpAgent({ keepAlive: true, lookup: names.lookup }),
  'https:': new HttpsAgent({ keepAlive: true, lookup: names.lookup }),
};

/** Sends a GET to `url`. The service is up if it answers 2xx within `timeoutMs`. Never rejects. */
export async function probe(url: string, timeoutMs: number): Promise<Probed> {
  return timed(async () => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await isOk(new URL(url), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  });
}

/** fetch takes no `lookup`. */
function isOk(url: URL, signal: AbortSignal): Promise<boolean> {
  const isSecure = url.protocol === 'https:';
  const options = {
    agent: AGENTS[isSecure ? 'https:' : 'http:'],
    signal,
    headers: { 'User-Agent': 'vx11-probe' },
  };
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? getSecurely : get)(url, options, (answer) => {
      const { statusCode = 0 } = answer;
      resolve(statusCode >= 200 && statusCode < 300);
      // A body may break off, or go on until the signal ends it; the status is what counts.
      answer.on('error', () => answer.destroy()).resume();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The service closed the idle connection at the same moment.
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(isOk(url, signal));
      else reject(error);
    });
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
