/** Time as the client sees it; give another one to test without waiting. */
export interface Clock {
  /** Monotonic milliseconds. May stand still while the machine sleeps. */
  now(): number;
  /** Milliseconds since the epoch. Jumps when the wall clock is set. */
  wall(): number;
  /** Runs `task` once after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Little less than the longest delay a timer takes, 2^31 - 1; a greater one would fire at once (HTML, "timers"). */
export const LONGEST_TIMER_MS = 2e9;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, task) {
    // A negative delay means at once.
    const timer = setTimeout(task, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
