import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';

/**
 * Known keys are read again after this time, so that a withdrawn key stops being trusted.
 * Milliseconds.
 */
const REFRESH_MS = 5 * 60_000;
/**
 * Least time between two reads because of unknown key ids, which anybody can invent.
 * Milliseconds.
 */
const COOLDOWN_MS = 30_000;
/**
 * Least time between two reads while no key can be trusted: requests cause them, and each
 * writes a log line. Milliseconds.
 */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
const LONGEST_ANSWER = 512 * 1024;

export interface IssuerKeysSettings {
  readonly issuer: string;
  /** Absent: the discovery document names it. */
  readonly jwksUrl: string | undefined;
  /** How long known keys are used while the issuer does not answer. */
  readonly keysGraceMs: number;
}

/**
 * The public keys of the issuer, from its JWKS alone: what a token's header says about
 * where its key is (jku, x5u, jwk) counts for nothing.
 */
export class IssuerKeys {
  private keys: ReturnType<typeof createLocalJWKSet> | undefined;
  /** Monotonic milliseconds. */
  private readAt = -Infinity;
  private triedAt = -Infinity;
  private failedAt = -Infinity;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly settings: IssuerKeysSettings,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
    private readonly fetchJson: (url: string) => Promise<unknown> = readJson,
    /** Called for each attempt to read them that failed. */
    private readonly onFailure: () => void = () => undefined,
  ) {}

  /**
   * The key for a token.
   * @throws ProblemError issuer_unavailable while no key can be trusted; a JOSE error for an
   *   unknown key
   */
  async get(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const age = this.clock.monotonic() - this.readAt;
    if (age > this.settings.keysGraceMs && !this.hasJustFailed) await this.read();
    else if (age > REFRESH_MS) this.readInBackground();
    try {
      return await this.trusted(header, token);
    } catch (error) {
      // The issuer may have a new key. A request that comes while it is being read waits for it.
      const isOver = this.reading === undefined && this.isCooling;
      if (!(error instanceof errors.JWKSNoMatchingKey) || isOver) throw error;
    }
    await this.read();
    return this.trusted(header, token);
  }

  private trusted(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (this.keys && this.clock.monotonic() - this.readAt <= this.settings.keysGraceMs) {
      return this.keys(header, token);
    }
    throw new ProblemError(
      'issuer_unavailable',
      'The keys of the issuer cannot be read now, so its tokens cannot be checked. Try again as Retry-After says.',
      { retryAfterSec: 5 },
    );
  }

  private get isCooling(): boolean {
    return this.clock.monotonic() - this.triedAt < COOLDOWN_MS;
  }

  private get hasJustFailed(): boolean {
    return this.reading === undefined && this.clock.monotonic() - this.failedAt < RETRY_MS;
  }

  private readInBackground(): void {
    if (!this.isCooling) void this.read();
  }

  /** Resolves after an attempt, whether it succeeded or not; concurrent calls share one. */
  private read(): Promise<void> {
    this.reading ??= this.attempt().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async attempt(): Promise<void> {
    // From here on, `triedAt` limits how often the issuer is asked.
    this.triedAt = this.clock.monotonic();
    try {
      const url = this.settings.jwksUrl ?? (await this.discover());
      const set = (await this.fetchJson(url)) as JSONWebKeySet;
      this.keys = createLocalJWKSet(set);
      // It can sign nothing now, and the keys that were known are withdrawn.
      this.readAt = set.keys.length === 0 ? -Infinity : this.clock.monotonic();
      if (set.keys.length === 0) throw new Error('the issuer publishes no key');
    } catch (err) {
      this.failedAt = this.clock.monotonic();
      this.onFailure();
      this.logger.warn({ err }, 'the keys of the issuer could not be read');
    }
  }

  /** OpenID Connect Discovery, section 4: the document must be the issuer's own. */
  private async discover(): Promise<string> {
    const base = this.settings.issuer.replace(/\/$/, '');
    const document = Object(
      await this.fetchJson(`${base}/.well-known/openid-configuration`),
    ) as Record<string, unknown>;
    if (document['issuer'] !== this.settings.issuer) {
      throw new Error('the discovery document names another issuer than VX11_OIDC_ISSUER');
    }
    const url = document['jwks_uri'];
    if (typeof url !== 'string' || !/^https?:\/\//.test(url)) {
      throw new Error('the discovery document names no jwks_uri');
    }
    if (base.startsWith('https:') && !url.startsWith('https:')) {
      throw new Error('the jwks_uri of an issuer with TLS must have TLS too');
    }
    return url;
  }
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
    redirect: 'error',
  });
  if (response.status !== 200 || !response.body) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}
