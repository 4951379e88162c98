import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { clientOf } from '../kernel/network.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Environment } from '../config/environment.js';
import { ProblemError } from '../kernel/problem.js';
import { RateLimit, type Quota } from './rate-limit.js';
import { TokenMetrics } from './token-metrics.js';

/** What is limited for each principal and for each address. */
export type LimitedAct = 'issue' | 'open' | 'publish' | 'admin';

/** The client that is limited. */
export interface Limited {
  readonly principalId: string;
  readonly address: string;
  readonly correlationId: string;
}

type Limits = Pick<
  Environment,
  | 'VX11_ISSUE_RATE_LIMIT_PER_ADDRESS'
  | 'VX11_OPEN_RATE_LIMIT'
  | 'VX11_OPEN_RATE_LIMIT_PER_ADDRESS'
  | 'VX11_PUBLISH_RATE_LIMIT'
  | 'VX11_PUBLISH_RATE_LIMIT_PER_ADDRESS'
  | 'VX11_ADMIN_RATE_LIMIT'
  | 'VX11_ADMIN_RATE_LIMIT_PER_ADDRESS'
  | 'VX11_FAILURES_PER_ADDRESS'
>;

const WORDS: Readonly<Record<LimitedAct, string>> = {
  issue: 'have tokens issued',
  open: 'open streams',
  publish: 'publish',
  admin: 'use the routes of administration and audit',
};
/** Milliseconds by which the answer to a failed attempt above the limit is held back. */
const SLOW_MS = 500;
/** Answers that are held back at once for one address, and for all; further ones go out at once. */
const HELD_PER_ADDRESS = 10;
const HELD = 500;

/**
 * Limits what principals and addresses do, and slows down the guessing of tokens. A failed
 * attempt counts for its address only, and only failed attempts are ever slowed: a valid
 * token passes, whatever others do at the same address.
 */
@Injectable()
export class RequestLimits {
  private readonly held = new Map<string, number>();
  private heldInAll = 0;

  constructor(
    private readonly rates: RateLimit,
    private readonly audit: AuditTrail,
    private readonly metrics: TokenMetrics,
    @Inject(Environment) private readonly config: Limits,
  ) {}

  /**
   * Counts one act. Synchronous, and `undefined`, where nothing is limited.
   * @param ownRate of the principal for issuing, per second
   * @throws ProblemError rate_limited
   */
  admit(act: LimitedAct, by: Limited, ownRate = 0): Promise<void> | undefined {
    const { principal, address } = this.quotasOf(act, ownRate);
    if (principal.points === 0 && address.points === 0) return undefined;
    return this.takeBoth(act, by, principal, address);
  }

  /**
   * Counts a failed attempt of an address. Above the limit it is slow, and ends with 429.
   * @throws ProblemError rate_limited
   */
  async failed(address: string, correlationId: string): Promise<void> {
    const quota = { points: this.config.VX11_FAILURES_PER_ADDRESS, seconds: 60 };
    if (quota.points === 0) return;
    const key = clientOf(address);
    const waitMs = await this.rates.take(`failures:${key}`, quota);
    if (waitMs === 0) return;
    await this.hold(key);
    throw await this.refusal(
      'failures-address',
      quota,
      waitMs,
      { address, correlationId },
      `There were ${quota.points} failed attempts from this address within a minute. Check the token, and wait as Retry-After says; a valid token is accepted at once.`,
    );
  }

  private quotasOf(act: LimitedAct, ownRate: number): { principal: Quota; address: Quota } {
    const perSecond = (principal: number, address: number) => ({
      principal: { points: principal, seconds: 1 },
      address: { points: address, seconds: 1 },
    });
    const { config } = this;
    switch (act) {
      case 'issue':
        return perSecond(ownRate, config.VX11_ISSUE_RATE_LIMIT_PER_ADDRESS);
      case 'open':
        return perSecond(config.VX11_OPEN_RATE_LIMIT, config.VX11_OPEN_RATE_LIMIT_PER_ADDRESS);
      case 'publish':
        return perSecond(
          config.VX11_PUBLISH_RATE_LIMIT,
          config.VX11_PUBLISH_RATE_LIMIT_PER_ADDRESS,
        );
      case 'admin':
        return {
          principal: { points: config.VX11_ADMIN_RATE_LIMIT, seconds: 60 },
          address: { points: config.VX11_ADMIN_RATE_LIMIT_PER_ADDRESS, seconds: 60 },
        };
      default:
        return act satisfies never;
    }
  }

  private async takeBoth(
    act: LimitedAct,
    by: Limited,
    principal: Quota,
    address: Quota,
  ): Promise<void> {
    await this.take(`${act}-principal`, by.principalId, principal, act, by);
    await this.take(`${act}-address`, clientOf(by.address), address, act, by);
  }

  private async take(
    name: string,
    key: string,
    quota: Quota,
    act: LimitedAct,
    by: Limited,
  ): Promise<void> {
    if (quota.points === 0) return;
    const waitMs = await this.rates.take(`${name}:${key}`, quota);
    if (waitMs === 0) return;
    const who = name.endsWith('-address') ? 'This address' : 'This principal';
    const window = quota.seconds === 1 ? 'a second' : 'a minute';
    throw await this.refusal(
      name,
      quota,
      waitMs,
      by,
      `${who} may ${WORDS[act]} ${quota.points} times ${window}. Wait as Retry-After says.`,
    );
  }

  private async refusal(
    name: string,
    { points, seconds }: Quota,
    waitMs: number,
    by: Partial<Limited>,
    detail: string,
  ): Promise<ProblemError> {
    this.metrics.rateLimited();
    await this.audit.record({
      action: 'access.limited',
      actor: by.principalId,
      reason: name,
      address: by.address,
      correlationId: by.correlationId,
    });
    const retryAfterSec = Math.max(1, Math.ceil(waitMs / 1000));
    return new ProblemError('rate_limited', detail, {
      retryAfterSec,
      limit: { name, quota: points, windowSec: seconds },
    });
  }

  private async hold(key: string): Promise<void> {
    const held = this.held.get(key) ?? 0;
    if (held >= HELD_PER_ADDRESS || this.heldInAll >= HELD) return;
    this.held.set(key, held + 1);
    this.heldInAll += 1;
    await delay(SLOW_MS, undefined, { ref: false });
    this.heldInAll -= 1;
    const left = (this.held.get(key) ?? 1) - 1;
    if (left > 0) this.held.set(key, left);
    else this.held.delete(key);
  }
}
