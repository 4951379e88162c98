/** Fan-out to many streams: operator-backend against stock Nest @Sse. */
import { quietest } from './lib/noise.mjs';
import { describe, measureRate, miscounted, openSession, sustained } from './lib/session.mjs';
import { medianRow } from './lib/stats.mjs';
import { ours, stockSse } from './lib/systems.mjs';

const systems = [stockSse, ours];
/** Events a second. */
const LOWEST_RATE = 5;

/** Every rate on both systems in turn, round by round, each on a fresh process. */
export async function measureRates({ rounds, rates, streams, ...times }, pinning, log) {
  const measured = new Map();
  for (let round = 1; round <= rounds; round++) {
    for (const rate of rates) {
      for (const system of systems) {
        const row = await quietest(async () => {
          const session = await openSession(system, pinning, streams);
          const measurement = await measureRate(session, rate, times);
          measurement.miscounted = sustained(measurement) ? await miscounted(session) : NaN;
          await session.stop();
          return measurement;
        });
        const key = `${rate} ${system.name}`;
        measured.set(key, [...(measured.get(key) ?? []), row]);
        log(`fan-out, round ${round}, ${describe(row)}`);
      }
    }
  }
  return [...measured.values()].map((rows) => ({
    ...medianRow(rows),
    miscounted: Math.max(...rows.map((row) => row.miscounted)),
  }));
}

/**
 * What each system carries at the most: the measurement at the highest rate that it sustains.
 * The search begins above the highest rate that it sustained among `known`, `measureRates`' rows.
 */
export async function measureSaturation({ rounds, streams, ...search }, known, pinning, log) {
  const measured = new Map(systems.map((system) => [system, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [system, rows] of measured) {
      const good = known.filter((row) => row.system === system.name && sustained(row));
      const start = Math.max(known[0].rate, ...good.map((row) => row.rate * 1.5));
      const open = () => openSession(system, pinning, streams);
      rows.push(await saturate(open, start, search, (row) => log(`saturation, ${describe(row)}`)));
    }
  }
  return [...measured.values()].map(medianRow);
}

/**
 * By half up or down until both a sustained rate and one too high are known, then in between.
 * @returns the row of the best one; undefined for a system that does not sustain any
 */
export async function saturate(open, start, { halvings, ...times }, onRow) {
  let session = await open();
  const attempt = async (rate) => {
    const row = await measureRate(session, rate, times);
    onRow(row);
    if (!sustained(row)) {
      // An overload's queues would tell on the next step.
      await session.stop();
      session = await open();
    }
    return row;
  };
  let rate = start;
  let best;
  let tooHigh;
  let closer = 0;
  while (!best || !tooHigh || closer < halvings) {
    if (best && tooHigh) closer++;
    // What holds in spite of noise holds; a failure in noise says nothing yet.
    const row = await quietest(() => attempt(rate), sustained);
    if (sustained(row)) best = row;
    else tooHigh = rate;
    if (!tooHigh) rate *= 1.5;
    else if (!best && rate > LOWEST_RATE) rate /= 1.5;
    else if (!best) break;
    else rate = Math.sqrt(best.rate * tooHigh);
  }
  await session.stop();
  return best;
}
