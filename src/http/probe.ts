import { Agent as HttpAgent, get, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as getSecurely } from 'node:https';
import { names } from './name-cache.js';
import { TRUNK_HEADER } from './trunk/frames.js';

/** Result of one probe of a service. `ms` is how long it took; `code` is that of a problem in its answer, `takesTrunks` whether it says so (`TrunkServer`). */
export type Probed =
  | { readonly up: true; readonly ms: number; readonly takesTrunks?: boolean }
  | {
      readonly up: false;
      readonly ms: number;
      readonly why: 'refused' | 'timeout' | 'status';
      readonly code?: string | undefined;
    };

/** Bytes of a problem that are read; ours have a tenth. */
const LONGEST_PROBLEM = 4_096;

const AGENTS = {
  'http:': new HttpAgent({ keepAlive: true, lookup: names.lookup }),
  'https:': new HttpsAgent({ keepAlive: true, lookup: names.lookup }),
};

/** Sends a GET to `url`. The service is up if it answers 2xx within `timeoutMs`. Never rejects. */
export async function probe(url: string, timeoutMs: number): Promise<Probed> {
  let told: Omit<Answer, 'isOk'> = {};
  const result = await timed(async () => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const { isOk, ...rest } = await ask(new URL(url), signal);
      told = rest;
      return isOk;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  });
  return { ...result, ...told };
}

interface Answer {
  readonly isOk: boolean;
  readonly code?: string | undefined;
  readonly takesTrunks?: boolean;
}

async function ask(url: URL, signal: AbortSignal): Promise<Answer> {
  const answer = await answerOf(url, signal);
  if (isShortProblem(answer)) return { isOk: false, code: await codeOf(answer) };
  return { isOk: isOk(answer), takesTrunks: answer.headers[TRUNK_HEADER] !== undefined };
}

/** fetch takes no `lookup`. */
function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const options = {
    agent: AGENTS[isSecure ? 'https:' : 'http:'],
    signal,
    headers: { 'User-Agent': 'vx11-probe' },
  };
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? getSecurely : get)(url, options, (answer) => {
      // A body may break off, or go on until the signal ends it; the status is what counts.
      answer.on('error', () => answer.destroy());
      // At once, so that the connection is free for the next probe.
      if (!isShortProblem(answer)) answer.resume();
      resolve(answer);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The service closed the idle connection at the same moment.
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(answerOf(url, signal));
      else reject(error);
    });
  });
}

function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function isShortProblem(answer: IncomingMessage): boolean {
  const { headers } = answer;
  const isProblem = headers['content-type']?.startsWith('application/problem+json') ?? false;
  return !isOk(answer) && isProblem && Number(headers['content-length']) <= LONGEST_PROBLEM;
}

/** The code of a problem, as far as it has come. */
async function codeOf(answer: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  answer.on('data', (part: Buffer) => parts.push(part));
  await new Promise((resolve) => answer.once('close', resolve));
  try {
    const { code } = Object(JSON.parse(Buffer.concat(parts).toString())) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    // It broke off, or is none.
    return undefined;
  }
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
