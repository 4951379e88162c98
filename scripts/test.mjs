// npm test: every check, then every test. `node scripts/test.mjs format patterns` runs
// the named steps only; what a step does is in lib/steps.mjs.
import { bootstrap } from './lib/bootstrap.mjs';
import { giveUp } from './lib/stop.mjs';

await bootstrap(import.meta.url);
const { runSteps, stopOnSignals, summary } = await import('./lib/run-steps.mjs');
const { pickSteps, stages } = await import('./lib/steps.mjs');
stopOnSignals();
try {
  const results = await runSteps(pickSteps(stages, process.argv.slice(2)));
  const { line, failed } = summary(results);
  console.log(`\n${line}`);
  process.exit(failed > 0 ? 1 : 0);
} catch (error) {
  giveUp(error);
}
