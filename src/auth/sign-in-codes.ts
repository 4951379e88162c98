import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { normalizeAddress, TrustedProxies } from '../http/address.js';
import { Clock } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';

export const CODE_LIFETIME_SEC = 60;
/** Codes that live at once; the oldest is forgotten for one more. */
const MOST = 100;
const LOOPBACK = new TrustedProxies(['loopback']);

interface Waiting {
  readonly token: string;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

/**
 * One-time codes that sign a browser in on the machine of a developer: whoever has the code
 * gets the principal token that it was made with. A code works once, for 60 seconds, from a
 * loopback address, and never in production. Codes live in the memory of one process, and
 * only their SHA-256 is kept.
 */
@Injectable()
export class SignInCodes {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly config: Environment,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError not_found where codes do not exist */
  issue(token: string, address: string): string {
    this.mustExist(address);
    const code = randomBytes(32).toString('base64url');
    const oldest = this.waiting.keys().next().value;
    if (this.waiting.size >= MOST && oldest !== undefined) this.waiting.delete(oldest);
    const expiresAt = this.clock.monotonic() + CODE_LIFETIME_SEC * 1_000;
    this.waiting.set(sha256(code), { token, expiresAt });
    return code;
  }

  /**
   * The principal token that the code was made with.
   * @throws ProblemError invalid_token for a code that was used, has expired or never was;
   *   not_found where codes do not exist
   */
  redeem(code: string, address: string): string {
    this.mustExist(address);
    const key = sha256(code);
    const found = this.waiting.get(key);
    this.waiting.delete(key);
    if (found && this.clock.monotonic() < found.expiresAt) return found.token;
    throw new ProblemError(
      'invalid_token',
      'This link was used already, or is older than 60 seconds. Sign in with the token, or make a new link with: npm run vx11 -- link',
    );
  }

  private mustExist(address: string): void {
    const isLocal = LOOPBACK.has(normalizeAddress(address) ?? '');
    if (isLocal && this.config.NODE_ENV !== 'production') return;
    throw new ProblemError(
      'not_found',
      'Sign-in links exist only in development, on the machine itself. Sign in with a token.',
    );
  }
}

function sha256(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
