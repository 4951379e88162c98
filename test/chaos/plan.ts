import { between, choose, seeded, type Random } from './random.js';

/** Milliseconds from the beginning of the load. */
interface When {
  readonly at: number;
  /** Until it is made good; 0 where that happens by itself. */
  readonly lasts: number;
}

/** What can happen to a process: SIGKILL, SIGSTOP, SIGTERM; then it is started or goes on. */
type ProcessFault = 'kill' | 'stop' | 'restart';
/** What can happen to a way to Redis: connections break, carry nothing, or carry slowly. */
type LinkFault = 'cut' | 'block' | 'slow';

export type Fault = When &
  (
    | { readonly target: `backend ${number}` | 'gateway' | 'redis'; readonly kind: ProcessFault }
    | { readonly target: `link ${number}`; readonly kind: LinkFault; readonly delayMs?: number }
  );
export type Target = Fault['target'];

/** Before the first fault, and after the last is made good. */
const CALM_MS = 5_000;
/** A target is left alone for so long after it was made good. */
const RECOVERY_MS = 3_000;

const FAULTS = {
  kill: { weight: 5, least: 200, most: 4_000 },
  stop: { weight: 3, least: 500, most: 8_000 },
  restart: { weight: 2, least: 0, most: 2_000 },
  cut: { weight: 4, least: 0, most: 4_000 },
  block: { weight: 3, least: 500, most: 8_000 },
  slow: { weight: 3, least: 1_000, most: 10_000 },
} as const;

/**
 * What the monkey does, and when: the same for the same seed. Several things may
 * be broken at once, each target by one fault at a time.
 */
export function plan(
  seed: number,
  { ms, backends, links, redis }: { ms: number; backends: number; links: number; redis: boolean },
): Fault[] {
  const random = seeded(seed);
  const numbered = (count: number, name: 'backend' | 'link', weight: number) =>
    Array.from({ length: count }, (_, index) => ({ target: `${name} ${index}` as Target, weight }));
  const targets = [
    ...numbered(backends, 'backend', 3),
    ...numbered(links, 'link', 3),
    { target: 'gateway' as Target, weight: 1.5 },
    ...(redis ? [{ target: 'redis' as Target, weight: 1.5 }] : []),
  ];
  const busyUntil = new Map<Target, number>();
  const faults: Fault[] = [];
  for (let at = CALM_MS; ; at += between(random, 300, 4_000)) {
    const free = targets.filter(({ target }) => (busyUntil.get(target) ?? 0) <= at);
    if (free.length === 0) continue;
    const { target } = choose(random, free);
    const fault = faultOf(random, target, at);
    if (at >= ms - CALM_MS) return faults;
    if (at + fault.lasts > ms - CALM_MS) continue;
    busyUntil.set(target, at + fault.lasts + RECOVERY_MS);
    faults.push(fault);
  }
}

function faultOf(random: Random, target: Target, at: number): Fault {
  const kinds = target.startsWith('link')
    ? (['cut', 'block', 'slow'] as const)
    : (['kill', 'stop', 'restart'] as const);
  const { kind, least, most } = choose(
    random,
    kinds.map((one) => ({ kind: one, ...FAULTS[one] })),
  );
  const lasts = between(random, least, most);
  const slow = kind === 'slow' ? { delayMs: between(random, 20, 400) } : {};
  return { at, lasts, target, kind, ...slow } as Fault;
}

export function describeFault({ target, kind, lasts, ...more }: Fault): string {
  const slow = 'delayMs' in more ? ` by ${more.delayMs} ms` : '';
  return `${kind} ${target}${slow} for ${lasts} ms`;
}
