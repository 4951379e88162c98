import type { Fault } from './plan.js';

const STEP_MS = 50;

/**
 * What the plan itself costs, even with a system whose processes start in no time: after each
 * fault, milliseconds until the gateway, Redis, an instance and its way to Redis are all
 * there, without which no client can be served. Slow ways count as there.
 */
export function leastWaits(faults: readonly Fault[], instances: number): number[] {
  const until = Math.max(0, ...faults.map(({ at, lasts }) => at + lasts));
  const isThere = (target: string, at: number) =>
    !faults.some(
      (fault) =>
        fault.target === target &&
        fault.kind !== 'slow' &&
        fault.at <= at &&
        at < fault.at + fault.lasts,
    );
  const served: boolean[] = [];
  for (let at = 0; at <= until; at += STEP_MS) {
    const isReachable = Array.from({ length: instances }, (_, index) => index).some(
      (index) => isThere(`backend ${index}`, at) && isThere(`link ${index}`, at),
    );
    served.push(isReachable && isThere('gateway', at) && isThere('redis', at));
  }
  return faults.map(({ at }) => {
    const first = Math.ceil(at / STEP_MS);
    const next = served.indexOf(true, first);
    return Math.max(0, (next < 0 ? served.length : next) * STEP_MS - at);
  });
}
