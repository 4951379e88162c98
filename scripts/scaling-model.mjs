/**
 * `npm run scaling-model`: what a number of streams needs, by the formulas of
 * lib/scaling-model.mjs and the figures measured there.
 *
 *   --streams <n,…>   default 1000,10000,100000,1000000
 *   --events <n>      accepted a second (100)
 *   --share <0…1>     of the events that one stream gets (0.05)
 *   --bytes <n>       of an event (500)
 *   --stays <n>       seconds that a client stays (default: until its stream's age ends)
 */
import { giveUp, Stop } from './lib/stop.mjs';
import { defaults, loadsOf, table } from './lib/scaling-model.mjs';
import { readOptions } from './lib/options.mjs';

try {
  const options = Object.fromEntries(
    Object.keys(defaults).map((name) => [name, { type: 'string', default: defaults[name] }]),
  );
  const { values } = readOptions({ options: { ...options, stays: { type: 'string' } } });
  for (const [name, text] of Object.entries(values)) {
    const wrong = text.split(',').some((part) => !(Number(part) > 0));
    if (wrong) throw new Stop(`--${name} takes numbers above 0, not "${text}".`);
  }
  console.log(table(loadsOf(values)));
} catch (error) {
  giveUp(error);
}
