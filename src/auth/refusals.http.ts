import type { Request } from 'express';
import { ProblemError } from '../kernel/problem.js';
import type { BackendPosts } from './backend-posts.http.js';
import { REFUSALS_PATH, Refusals } from './refusals.js';

/** As `sendProblem` writes it. */
const POLICY = /^"(?<name>[a-z-]+)";q=(?<quota>\d+);w=(?<window>\d+)$/;

/**
 * Refusals of a gateway. The first operator-backend that answers counts and audits them with
 * its own, so that guessing at the gateway is no faster, and no less visible. While none
 * answers, wrong tokens are refused without being counted.
 */
export class ReportedRefusals extends Refusals {
  constructor(private readonly backends: BackendPosts) {
    super();
  }

  /** The services behind the gateway have limits of their own. */
  limit(): undefined {
    return undefined;
  }

  async refuse({ ip, protocol, correlationId }: Request, error: unknown): Promise<void> {
    if (!(error instanceof ProblemError) || error.code !== 'invalid_token') return;
    const client = { address: ip ?? '', protocol, correlationId };
    const answer = await this.backends.send(REFUSALS_PATH, client);
    if (answer?.status === 429) throw await limited(answer);
    await answer?.body?.cancel();
  }
}

async function limited(answer: Response): Promise<ProblemError> {
  const policy = POLICY.exec(answer.headers.get('ratelimit-policy') ?? '');
  const { name = '', quota, window } = policy?.groups ?? {};
  const { detail } = Object(await answer.json().catch(() => undefined)) as { detail?: unknown };
  const why = typeof detail === 'string' ? detail : 'Wait as Retry-After says.';
  return new ProblemError('rate_limited', why, {
    retryAfterSec: Number(answer.headers.get('retry-after') ?? 1),
    ...(name !== '' && { limit: { name, quota: Number(quota), windowSec: Number(window) } }),
  });
}
