/**
 * `npm run smoke:visit`: what a first-time user does, with a stopwatch. Starts the
 * system as `npm start` does, opens the one-time link that the banner shows, and waits for
 * live events. Fails above 10 s from the banner.
 */
import { Stop, bootstrap, giveUp, refuseArguments } from '../lib/bootstrap.mjs';
import { auth } from './watcher.mjs';

const LIMIT_MS = 10_000;

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { launchBrowser, startSystem } = await import('../lib/own-system.mjs');
  // A visitor already has a browser open, so its start is not measured.
  const browser = await launchBrowser();
  const started = performance.now();
  const system = await startSystem();
  const sight = await visit(browser, system, started);
  await browser.close();
  const code = await system.stop();
  if (code !== 0) throw new Stop(`npm start ended with ${code}`);
  if (sight > LIMIT_MS) throw new Stop(`Missed: more than ${LIMIT_MS / 1000} s.`);
  process.exit();
} catch (error) {
  giveUp(error);
}

/** Milliseconds from the banner to the first live event on screen. */
async function visit(browser, system, started) {
  const banner = performance.now();
  console.log(`banner                  ${seconds(banner - started)} after npm start, all built`);
  const tell = (what) => {
    const ms = performance.now() - banner;
    console.log(`${what.padEnd(24)}${seconds(ms)} after the banner`);
    return ms;
  };
  const output = system.output();
  const link = find(output, /^\s+(http\S+#code=\S+)$/m);
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByRole('button', { name: /^Live/ }).waitFor();
  tell('signed in, live');
  await page.getByRole('button', { name: 'Show system events' }).waitFor();
  tell('why the list is empty');
  await hello(system);
  await page.locator('.row.event', { hasText: 'Hello' }).first().waitFor();
  return tell('an event of ours, live');
}

/** The event that the banner's own command publishes. */
async function hello({ url, token }) {
  const answer = await fetch(`${url}/operator/api/events`, {
    method: 'POST',
    headers: { ...auth(token), 'content-type': 'application/json' },
    body: '{"event_type":"hello","module":"demo","severity":"info","summary":"Hello"}',
  });
  if (answer.status !== 202) throw new Stop(`Publishing was answered with ${answer.status}.`);
}

function find(output, pattern) {
  const found = pattern.exec(output)?.[1];
  if (!found) throw new Stop(`The banner has nothing like ${pattern}.`);
  return found;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(6);
}
