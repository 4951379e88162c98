import type { SuspiciousPattern, Suspicion } from '../auth/security-events.js';
import { KnownPlaces } from './known-places.js';
import type { Observation, Signal } from './observation.js';
import { Tally, WINDOW_MIN, type Count } from './tally.js';

/** Subject of the failed attempts of all addresses together. */
const EVERYBODY = '*';
/** Guessing from many addresses: this many times the limit of one, from so many addresses. */
const SPREAD = { times: 10, addresses: 20 };
/** Streams that a principal must have opened before their addresses are counted. */
const LEAST_OPENINGS = 10;
/** Share of tokens, issued more than a minute ago, that a healthy client uses at least. */
const LEAST_USED = 0.1;
/** Minutes after which every issued token was used or has expired. */
const MATURE_MIN = 2;

/** From how many on a pattern is reported; 0: never. */
export interface WatchThresholds {
  /** Failed attempts of one address, or of one principal without the scope. */
  readonly failures: number;
  /** Tokens of one principal that a second client presented. */
  readonly replays: number;
  /** Addresses from which one principal opens streams with its principal token. */
  readonly fallbackAddresses: number;
  /** Tokens of one principal that nobody uses. */
  readonly unusedTokens: number;
  /** Acts of one administrator; also what must be known of it before a new address counts. */
  readonly adminActs: number;
}

/** So many of what was observed. */
export interface Row extends Observation {
  readonly count: number;
}

/**
 * Recognises suspicious patterns in the last ten minutes. Every pattern has a minimum
 * volume, so that a quiet system reports nothing for one mistake. A pattern of one
 * subject is found once in ten minutes.
 */
export class Patterns {
  private readonly tally = new Tally();
  private readonly places = new KnownPlaces();
  private readonly touched = new Set<string>();
  private readonly found = new Map<string, number>();
  private strangers: Suspicion[] = [];
  private minute = -Infinity;

  constructor(private readonly thresholds: WatchThresholds) {}

  /** @param minute number of the current minute, by a clock that never falls */
  add({ signal, subject, origin, count }: Row, minute: number): void {
    if (subject === '') return;
    this.tally.add(signal, subject, origin, count, minute);
    this.touched.add(`${signal}\n${subject}`);
    if (signal === 'failed') {
      this.tally.add(signal, EVERYBODY, subject, count, minute);
      this.touched.add(`${signal}\n${EVERYBODY}`);
    }
    if (signal === 'administered') this.judgePlace(subject, origin, count, minute);
  }

  /** What is suspicious now and was not found in the last ten minutes. */
  find(minute: number): Suspicion[] {
    for (const [key, at] of this.found) if (minute - at >= WINDOW_MIN) this.found.delete(key);
    // Tokens become suspicious by time alone.
    if (minute > this.minute) {
      for (const subject of this.tally.subjects('issued')) this.touched.add(`issued\n${subject}`);
    }
    this.minute = minute;
    const suspicions = [
      ...this.strangers.splice(0),
      ...[...this.touched].flatMap((key) => {
        const [signal, subject = ''] = key.split('\n') as [Signal, string?];
        return this.judge(signal, subject, minute) ?? [];
      }),
    ];
    this.touched.clear();
    return suspicions.filter((one) => this.isNew(one, minute));
  }

  private isNew({ pattern, why, subject }: Suspicion, minute: number): boolean {
    const key = `${pattern}\n${why}\n${subject}`;
    if (this.found.has(key)) return false;
    this.found.set(key, minute);
    return true;
  }

  private judge(signal: Signal, subject: string, minute: number): Suspicion | undefined {
    const { failures, replays, fallbackAddresses, unusedTokens, adminActs } = this.thresholds;
    const count = this.tally.of(signal, subject, minute);
    const when = (limit: number, pattern: SuspiciousPattern, why: Suspicion['why']) =>
      limit > 0 && count.count >= limit ? suspicion(pattern, why, subject, count) : undefined;
    switch (signal) {
      case 'failed':
        if (subject !== EVERYBODY) return when(failures, 'failed_attempts', 'one_address');
        return count.origins >= SPREAD.addresses
          ? when(failures * SPREAD.times, 'failed_attempts', 'many_addresses')
          : undefined;
      case 'overreached':
        return when(failures, 'failed_attempts', 'missing_scope');
      case 'replayed':
        return when(replays, 'repeated_replays', 'one_principal');
      case 'fallback':
        return fallbackAddresses > 0 && count.origins >= fallbackAddresses
          ? when(LEAST_OPENINGS, 'fallback_addresses', 'many_addresses')
          : undefined;
      case 'issued':
      case 'redeemed':
        return this.judgeTokens(subject, unusedTokens, minute);
      case 'administered':
        return when(adminActs, 'unusual_administration', 'many_acts');
      default:
        return signal satisfies never;
    }
  }

  private judgeTokens(subject: string, least: number, minute: number): Suspicion | undefined {
    const issued = this.tally.of('issued', subject, minute, minute - MATURE_MIN);
    if (least === 0 || issued.count < least) return undefined;
    const { count: used } = this.tally.of('redeemed', subject, minute);
    if (used >= issued.count * LEAST_USED) return undefined;
    return suspicion('unused_tokens', 'one_principal', subject, issued);
  }

  private judgePlace(subject: string, origin: string, count: number, minute: number): void {
    const { adminActs } = this.thresholds;
    const before = this.places.visit(subject, origin, count);
    if (adminActs === 0 || origin === '' || before.isKnown || before.acts < adminActs) return;
    const seen = this.tally.of('administered', subject, minute);
    this.strangers.push({
      ...suspicion('unusual_administration', 'new_address', subject, seen),
      address: origin,
    });
  }
}

function suspicion(
  pattern: SuspiciousPattern,
  why: Suspicion['why'],
  subject: string,
  { count, origins }: Count,
): Suspicion {
  return { pattern, why, subject, count, addresses: origins, windowSec: WINDOW_MIN * 60 };
}
