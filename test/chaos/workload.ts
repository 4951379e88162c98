import type { EventFilter, Severity } from '@vx11/events-client';
import { mix } from './random.js';

/** Each sends one batch at a time, so that its events have an order that can be checked. */
export const PUBLISHERS = 5;

const MODULES = 20;
const KINDS = 10;
const SOURCE = '/chaos/';

/** Of an event, what filters look at. */
export interface Attributes {
  readonly severity: Severity;
  readonly module: string;
  readonly type: string;
}

/** What tells the events of one run apart; both are known to every process of it. */
export interface Numbered {
  readonly publisher: number;
  /** 0, 1, 2, … of this publisher. */
  readonly n: number;
}

/** The n-th event of a publisher is the same in every process, and nobody has to remember it. */
export function attributesOf({ publisher, n }: Numbered): Attributes {
  const chance = mix(publisher * 0x1000000 + n + 1);
  const percent = (chance >>> 16) % 100;
  return {
    severity: percent < 70 ? 'info' : percent < 90 ? 'warn' : percent < 98 ? 'error' : 'critical',
    module: `m${chance % MODULES}`,
    type: `chaos.k${(chance >>> 8) % KINDS}.tick`,
  };
}

/** As it is published. */
export function eventOf(run: string, which: Numbered, madeAt: number): object {
  return {
    specversion: '1.0',
    id: `${run}.${which.publisher}.${which.n}`,
    source: `${SOURCE}${which.publisher}`,
    ...attributesOf(which),
    datacontenttype: 'application/json',
    data: { ...which, madeAt },
  };
}

/** Which of our events this is; nothing when it is none. */
export function readEvent(event: {
  source: string;
  data?: unknown;
}): (Numbered & { madeAt: number }) | undefined {
  if (!event.source.startsWith(SOURCE)) return undefined;
  return event.data as Numbered & { madeAt: number };
}

/**
 * What the client with this number reads: a few everything, some by severity,
 * most of them one or two modules or a kind of event.
 */
export function filterOf(client: number): EventFilter {
  if (client % 75 === 0) return {};
  if (client % 25 === 1) return { severity: ['error', 'critical'] };
  const module = `m${client % MODULES}`;
  switch (client % 3) {
    case 0:
      return { module: [module] };
    case 1:
      return { module: [module, `m${(client + 7) % MODULES}`], severity: ['warn', 'error'] };
    default:
      return { type: [`chaos.k${client % KINDS}.*`] };
  }
}

export function matches({ severity, module, type }: EventFilter, of: Attributes): boolean {
  return (
    (!severity || severity.includes(of.severity)) &&
    (!module || module.includes(of.module)) &&
    (!type ||
      type.some((one) =>
        one.endsWith('*') ? of.type.startsWith(one.slice(0, -1)) : one === of.type,
      ))
  );
}
