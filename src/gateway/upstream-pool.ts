import type { Probed } from '../http/probe.js';
import type { Logger } from '../kernel/logger.js';
import { inWaves } from '../kernel/waves.js';

/** Number of consecutive probe timeouts after which an instance that says nothing else either loses its requests: two to three seconds. */
const SILENT_AFTER = 2;
/** After which it counts as slow, or, if it says nothing else, as hung, and loses its streams too: four to five seconds. */
const SLOW_AFTER = 3;
/** Number of probes in a row, four a second, that find it without its store, after which its streams leave: they are silent. */
const STALLED_AFTER = 12;
/** A probe that is not answered takes as long as so many. */
const LATE_PROBE = 4;
/** Milliseconds over which what a hung instance has is taken from it. */
const LEAVE_MS = 1_000;
/** Pipelined requests take no connection each, so the limit of connections does not bound these. */
const MOST_WAITING = 10_000;
/** Milliseconds over which waiting requests go to an instance that is up again: a burst would fill its accept queue. */
const RESUME_MS = 1_000;
/** Milliseconds for which an instance that has answered 503 is avoided. */
const AVOID_MS = 1_000;

/** What leaves an instance. */
export type Leaving = 'requests' | 'streams' | 'all';

/** A request or stream that this process is forwarding. */
export interface Carried {
  /** Called when the instance hangs, or cannot deliver, while another one is up. */
  leave(what: Leaving): void;
}

/** One instance of a service. */
export class Upstream {
  private readonly carried = new Set<Carried>();
  /** `slow`: accepts connections but does not answer probes in time; used only when none is up. */
  state: 'up' | 'slow' | 'down';
  private timeouts = 0;
  private refusedAt = -Infinity;
  /** Probe timeouts in a row without a byte of the instance on any connection. */
  private silentProbes = 0;
  /**
   * Probes in a row, with another instance up, since it answered without its store: what is
   * published does not reach its streams, whether it answers the next ones or not.
   */
  private stalledProbes = 0;

  constructor(
    readonly url: string,
    state: 'up' | 'down' = 'up',
  ) {
    this.state = state;
  }

  /** Requests and streams that this process is forwarding to the instance. */
  get active(): number {
    return this.carried.size;
  }

  carry(one: Carried): void {
    this.carried.add(one);
  }

  release(one: Carried): void {
    this.carried.delete(one);
  }

  /** Called for each response, and each part of a stream: the instance may be busy, but does not hang. */
  heard(): void {
    this.silentProbes = 0;
  }

  /**
   * Called for a response of 503. An instance that refuses at once has the fewest active
   * requests, and would get all of them until a probe tells that it is not ready.
   */
  refused(now: number): void {
    this.refusedAt = now;
  }

  /**
   * Whether it gets requests only when there is no other: it has just answered 503, or said
   * nothing at all since a probe that timed out. Until it counts as slow it may hang for
   * seconds, and would keep all that it gets meanwhile.
   */
  isAvoided(now: number): boolean {
    return this.isSilent || now - this.refusedAt < AVOID_MS;
  }

  /**
   * Sends away what waits in vain: requests and streams of an instance that says nothing at
   * all, since at least `after` probes, and streams of one that has lost its store.
   */
  async unload(after = SILENT_AFTER): Promise<void> {
    const what = this.leaving(after);
    if (!what) return;
    await inWaves([...this.carried], LEAVE_MS, (one) => {
      // Between two waves it may have gone to another instance, or this one may have recovered.
      if (this.leaving(1) && this.carried.has(one)) one.leave(what);
    });
  }

  /** Nothing came from it since a probe that timed out. */
  get isSilent(): boolean {
    return this.silentProbes > 0;
  }

  /** It has lost its store for so long that its streams should leave. */
  get isStalled(): boolean {
    return this.stalledProbes >= STALLED_AFTER;
  }

  private leaving(after: number): Leaving | undefined {
    if (this.isStalled) return 'streams';
    if (this.silentProbes < after) return undefined;
    return this.silentProbes >= SLOW_AFTER ? 'all' : 'requests';
  }

  /**
   * @param hasOther whether another instance works: when the store is away for all, the first
   * one that has it back must not get the streams of all
   * @returns whether the state has changed
   */
  probed(result: Probed, hasOther: boolean): boolean {
    const isLate = !result.up && result.why === 'timeout';
    this.timeouts = isLate ? this.timeouts + 1 : 0;
    this.silentProbes = isLate ? this.silentProbes + 1 : 0;
    // One that is draining ends its streams itself, and in its own time.
    const isStalled = isLate ? this.stalledProbes > 0 : !result.up && result.code === 'not_ready';
    const probes = this.stalledProbes + (isLate ? LATE_PROBE : 1);
    this.stalledProbes = hasOther && isStalled ? probes : 0;
    if (result.up) return this.become('up');
    // A busy instance may miss a probe. It is down only if it refuses or reports an error status.
    if (isLate) {
      return this.timeouts >= SLOW_AFTER && this.state === 'up' ? this.become('slow') : false;
    }
    return this.become('down');
  }

  /** Marks the instance as down until a probe succeeds. @returns whether the state has changed */
  unreachable(): boolean {
    return this.become('down');
  }

  private become(state: Upstream['state']): boolean {
    const changed = this.state !== state;
    this.state = state;
    return changed;
  }
}

/**
 * The instances of one service. Picks the one with the fewest active requests and
 * streams. Streams last long, so with round-robin a new instance would stay nearly empty.
 */
export class UpstreamPool {
  private members: readonly Upstream[];
  private readonly fallback: Upstream | undefined;
  private readonly waiters = new Set<() => void>();
  /** Resolves when a probe has told how an instance is now. Without probes nothing is learned. */
  confirm: (upstream: Upstream) => Promise<void> = () => Promise.resolve();
  private turn = 0;

  constructor(
    readonly service: string,
    urls: readonly string[],
    private readonly logger: Logger,
    /** Whether probes can bring an instance back. Without probes, no instance is ever marked down. */
    private readonly isProbed: boolean,
    /** An address of the whole service, used when no instance is up: DNS may be late. */
    fallback?: string,
  ) {
    this.members = urls.map((url) => new Upstream(url));
    this.fallback = fallback === undefined ? undefined : new Upstream(fallback);
  }

  get upstreams(): readonly Upstream[] {
    return this.members;
  }

  /**
   * Makes these the instances. Known ones keep their state and what they carry; a new one is
   * down until its first probe.
   * @returns the new ones
   */
  replace(urls: readonly string[]): readonly Upstream[] {
    const known = new Map(this.members.map((upstream) => [upstream.url, upstream]));
    const added: Upstream[] = [];
    const members = urls.map((url) => {
      const member = known.get(url) ?? new Upstream(url, 'down');
      if (!known.has(url)) added.push(member);
      return member;
    });
    if (added.length > 0 || members.length !== this.members.length) {
      this.logger.info(
        { upstream_service: this.service, upstreams: urls },
        'the instances changed',
      );
    }
    // Nobody probes those that are gone; what they still carry is leaving.
    for (const upstream of this.members) if (!members.includes(upstream)) upstream.unreachable();
    this.members = members;
    return added;
  }

  /** The instance to use next; `undefined` when nothing untried is left that may work. */
  pick(tried: ReadonlySet<Upstream> = new Set()): Upstream | undefined {
    const left = this.upstreams.filter((upstream) => !tried.has(upstream));
    const fallback = this.fallback && !tried.has(this.fallback) ? this.fallback : undefined;
    const now = performance.now();
    const good = left.filter((upstream) => !upstream.isAvoided(now));
    return (
      this.leastActive(good, 'up') ??
      this.leastActive(left, 'up') ??
      this.leastActive(left, 'slow') ??
      fallback
    );
  }

  /** Whether an instance is up that has not had the request. */
  hasOther(tried: ReadonlySet<Upstream>): boolean {
    return this.members.some((upstream) => upstream.state === 'up' && !tried.has(upstream));
  }

  private worksWithout(upstream: Upstream): boolean {
    const now = performance.now();
    return this.members.some(
      (other) => other !== upstream && other.state === 'up' && !other.isAvoided(now),
    );
  }

  observe(upstream: Upstream, result: Probed): void {
    const wasStalled = upstream.isStalled;
    if (upstream.probed(result, this.worksWithout(upstream))) this.changed(upstream);
    if (upstream.isStalled && !wasStalled) {
      this.logger.warn(
        { upstream_service: this.service, upstream: upstream.url, active: upstream.active },
        'an upstream cannot deliver; its streams leave it while another one is up',
      );
    }
    if (this.up > 0) void upstream.unload();
  }

  unreachable(upstream: Upstream): void {
    // Another connection to the fallback may reach another instance.
    if (!this.isProbed || upstream === this.fallback) return;
    if (upstream.unreachable()) this.changed(upstream);
  }

  get up(): number {
    return this.upstreams.filter(({ state }) => state === 'up').length;
  }

  /** Whether a request may wait: no instance works, probes tell when one does, and not too many wait. */
  get mayWait(): boolean {
    const isOut = this.isProbed && this.members.every(({ state }) => state === 'down');
    return isOut && this.waiting < MOST_WAITING;
  }

  /** Requests that wait until an instance is up. */
  get waiting(): number {
    return this.waiters.size;
  }

  /**
   * Calls `resume` once: when an instance is up, when the time is over, or when the pool stops.
   * @returns cancels it
   */
  wait(ms: number, resume: () => void): () => void {
    const cancel = () => {
      clearTimeout(timer);
      this.waiters.delete(once);
    };
    const once = () => {
      cancel();
      resume();
    };
    const timer = setTimeout(once, ms);
    this.waiters.add(once);
    return cancel;
  }

  /** Ends all waiting. */
  stop(): void {
    // One that waits again joins the set, and is not resumed again.
    const all = [...this.waiters];
    for (const resume of all) resume();
  }

  private leastActive(
    upstreams: readonly Upstream[],
    state: Upstream['state'],
  ): Upstream | undefined {
    let best: Upstream | undefined;
    this.turn += 1;
    for (let offset = 0; offset < upstreams.length; offset += 1) {
      // A different start each time rotates among instances with equal load.
      const upstream = upstreams[(this.turn + offset) % upstreams.length] as Upstream;
      if (upstream.state === state && (!best || upstream.active < best.active)) best = upstream;
    }
    return best;
  }

  private changed({ url, state }: Upstream): void {
    if (state === 'up') {
      void this.resumeAll();
      // A silent instance got requests because there was no other.
      for (const member of this.members) void member.unload(1);
    }
    const level = state === 'up' ? 'info' : 'warn';
    this.logger[level](
      { upstream_service: this.service, upstream: url, state, up: this.up },
      'an upstream has changed its state',
    );
  }

  /** In their order. One that is cancelled between two waves has left the set. */
  private resumeAll(): Promise<void> {
    return inWaves([...this.waiters], RESUME_MS, (resume) => {
      if (this.waiters.has(resume)) resume();
    });
  }
}
