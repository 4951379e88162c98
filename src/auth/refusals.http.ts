import type { Request } from 'express';
import { HOP_HEADER, type HopKeys } from '../http/hop-keys.js';
import { ProblemError } from '../kernel/problem.js';
import { REFUSALS_PATH, Refusals } from './refusals.js';

/** Milliseconds for all attempts: longer than an answer to a guess is held back. */
const PATIENCE_MS = 2_000;
/** As `sendProblem` writes it. */
const POLICY = /^"(?<name>[a-z-]+)";q=(?<quota>\d+);w=(?<window>\d+)$/;

/**
 * Refusals of a gateway. The first operator-backend that answers counts and audits them with
 * its own, so that guessing at the gateway is no faster, and no less visible. While none
 * answers, wrong tokens are refused without being counted.
 */
export class ReportedRefusals extends Refusals {
  /**
   * @param urls of the operator-backend instances
   * @param hop signs the reports; without a key the gateway admits nobody
   */
  constructor(
    private readonly urls: readonly string[],
    private readonly hop: HopKeys | undefined,
  ) {
    super();
  }

  /** The services behind the gateway have limits of their own. */
  limit(): undefined {
    return undefined;
  }

  async refuse(req: Request, error: unknown): Promise<void> {
    if (!(error instanceof ProblemError) || error.code !== 'invalid_token' || !this.hop) return;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (const url of this.urls) {
      if (signal.aborted) return;
      const answer = await this.report(`${url}/${REFUSALS_PATH}`, req, signal);
      if (answer?.status === 429) throw await limited(answer);
      await answer?.body?.cancel();
      if (answer && answer.status < 500) return;
    }
  }

  /** @returns undefined when there is no answer */
  private async report(
    url: string,
    req: Request,
    signal: AbortSignal,
  ): Promise<Response | undefined> {
    const { ip: address = '', protocol, correlationId } = req;
    const { pathname } = new URL(url);
    const claims = {
      method: 'POST',
      target: pathname,
      address,
      protocol,
      host: '',
      principal: '',
    };
    try {
      return await fetch(url, {
        method: 'POST',
        signal,
        redirect: 'error',
        headers: {
          [HOP_HEADER]: this.hop?.sign(claims, Date.now()) ?? '',
          'x-forwarded-for': address,
          'x-forwarded-proto': protocol,
          'x-correlation-id': correlationId,
        },
      });
    } catch {
      // The feed of revocations reports an operator-backend that is away.
      return undefined;
    }
  }
}

async function limited(answer: Response): Promise<ProblemError> {
  const {
    name = '',
    quota,
    window,
  } = POLICY.exec(answer.headers.get('ratelimit-policy') ?? '')?.groups ?? {};
  const { detail } = Object(await answer.json().catch(() => undefined)) as { detail?: unknown };
  const why = typeof detail === 'string' ? detail : 'Wait as Retry-After says.';
  return new ProblemError('rate_limited', why, {
    retryAfterSec: Number(answer.headers.get('retry-after') ?? 1),
    ...(name !== '' && { limit: { name, quota: Number(quota), windowSec: Number(window) } }),
  });
}
