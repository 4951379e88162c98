/**
 * `npm run smoke`: the old client's sequence through the gateway. Starts a system of
 * its own, and then looks for tokens in everything that it has printed.
 *
 *   --url <http://host:port>  use a running gateway; VX11_OPERATOR_TOKEN is the principal
 *   --quick                   leave out the wait of 60 seconds
 */
import { bootstrap, giveUp, Stop } from '../lib/bootstrap.mjs';
import { readOptions } from '../lib/options.mjs';

const STEP_MS = 75_000;

await bootstrap(import.meta.url);
try {
  const { values } = readOptions({
    options: { url: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  process.exit((await smoke(values)) ? 0 : 1);
} catch (error) {
  giveUp(error);
}

async function smoke({ url, quick }) {
  const { sequence } = await import('./sequence.mjs');
  const own = url === undefined;
  const system = own ? await (await import('../lib/own-system.mjs')).startSystem() : running(url);
  const used = new Set();
  let failed = 0;
  const step = async ([claim, check]) => {
    const startedAt = performance.now();
    const fault = await inTime(check()).then(
      () => undefined,
      (error) => error,
    );
    const ms = Math.round(performance.now() - startedAt);
    console.log(`${fault ? '✗' : '✓'} ${claim} (${ms} ms)${fault ? `\n    ${fault.message}` : ''}`);
    if (fault) failed += 1;
  };
  for (const row of sequence({ ...system, quick, used })) await step(row);
  if (own) {
    const code = await system.stop();
    await step(['everything stops in an orderly way', async () => ended(code)]);
    await step(['no log line holds a token', async () => holdsNone(system, used)]);
  }
  console.log(failed === 0 ? '\nAll green.' : `\n${failed} failed.`);
  return failed === 0;
}

function running(url) {
  const token = process.env.VX11_OPERATOR_TOKEN;
  if (!token) throw new Stop('Set VX11_OPERATOR_TOKEN to a principal token of that system.');
  return { url: url.replace(/\/$/, ''), token };
}

function inTime(check) {
  const late = new Promise((_resolve, reject) => {
    setTimeout(reject, STEP_MS, new Error('took too long')).unref();
  });
  return Promise.race([check, late]);
}

function ended(code) {
  if (code !== 0) throw new Error(`npm start ended with ${code}`);
}

/** The banner shows the development token once, on purpose; log lines never do. */
function holdsNone(system, used) {
  const lines = system
    .output()
    .split('\n')
    .filter((line) => line.startsWith('['));
  if (!lines.some((line) => line.includes('token=***'))) throw new Error('no masked token either');
  const leak = lines.find((line) => [...used].some((token) => line.includes(token)));
  if (leak) throw new Error(`a line of ${leak.slice(0, 20)} holds one`);
}
