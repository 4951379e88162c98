import { HOP_HEADER, type HopKeys } from '../http/hop-keys.js';

/** Milliseconds for each instance: longer than an answer to a guess is held back. */
const PATIENCE_MS = 1_000;

/** The client on whose behalf a gateway asks; absent fields: it asks for itself. */
export interface OnBehalf {
  readonly address?: string | undefined;
  readonly protocol?: string | undefined;
  readonly correlationId?: string | undefined;
}

/** Requests that a gateway sends to operator-backend itself, signed. */
export class BackendPosts {
  /**
   * @param urls of the operator-backend instances
   * @param hop absent: no instance would take them, and none is sent
   */
  constructor(
    private readonly urls: readonly string[],
    private readonly hop: HopKeys | undefined,
  ) {}

  /**
   * @param target path and query, without the first slash
   * @returns the answer of the first instance that has one, its body to be read or cancelled;
   *   undefined when there is none
   */
  async send(target: string, client: OnBehalf = {}): Promise<Response | undefined> {
    if (!this.hop) return undefined;
    for (const url of this.urls) {
      const answer = await post(new URL(`${url}/${target}`), this.hop, client);
      if (answer && answer.status < 500) return answer;
      await answer?.body?.cancel();
    }
    return undefined;
  }
}

async function post(
  url: URL,
  hop: HopKeys,
  { address, protocol, correlationId }: OnBehalf,
): Promise<Response | undefined> {
  const claims = {
    method: 'POST',
    target: url.pathname + url.search,
    address: address ?? '',
    protocol: protocol ?? '',
    host: '',
    principal: '',
  };
  try {
    return await fetch(url, {
      method: 'POST',
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'error',
      headers: {
        [HOP_HEADER]: hop.sign(claims, Date.now()),
        ...(address !== undefined && { 'x-forwarded-for': address }),
        ...(protocol !== undefined && { 'x-forwarded-proto': protocol }),
        ...(correlationId !== undefined && { 'x-correlation-id': correlationId }),
      },
    });
  } catch {
    // The feed of revocations reports an operator-backend that is away.
    return undefined;
  }
}
