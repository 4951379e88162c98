/**
 * `npm run smoke:dev`: runs `npm run dev` in a copy of the project, saves a file of the
 * backend and one of the panel several times, and prints how long each save takes: until
 * operator-backend answers /livez with the new code, and until Vite serves the new module
 * and has told the open page.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, refuseArguments } from '../lib/bootstrap.mjs';

const SAVES = 5;
const POLL_MS = 5;
/** After a restart the next process loads its packages: a second save at once would wait for them. */
const BETWEEN_MS = 5000;
const BACKEND_FILE = 'src/events/intake/events.controller.ts';
const PANEL_FILE = 'frontend/src/main.tsx';

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { openPage, startDev } = await import('../../test/support/dev.mjs');
  const system = await startDev();
  try {
    report(`a file of the backend (${BACKEND_FILE})`, await repeat(() => saveBackend(system)));
    const page = await openPage(system.panel);
    await (await fetch(`${system.panel}src/main.tsx`)).text();
    report(`a file of the panel (${PANEL_FILE})`, await repeat((n) => savePanel(system, page, n)));
    page.close();
  } finally {
    await system.remove();
  }
  process.exit();
} catch (error) {
  giveUp(error);
}

async function saveBackend({ copy, dev, backend }) {
  const before = dev.lines.length;
  const restarted = () =>
    dev.lines.slice(before).some((line) => /operator-backend is up again/.test(line));
  appendFileSync(join(copy, BACKEND_FILE), '\nvoid 0;\n');
  const savedAt = performance.now();
  await until(restarted);
  await until(async () => (await fetch(`${backend}/livez`)).ok);
  return performance.now() - savedAt;
}

async function savePanel({ copy, panel }, page, n) {
  page.forget();
  appendFileSync(join(copy, PANEL_FILE), `\nexport const saved${n} = 'saved ${n}';\n`);
  const savedAt = performance.now();
  await until(() => page.isTold());
  // A page gets the new module under a new `t`; Vite takes whole numbers only.
  const served = async () => (await fetch(`${panel}src/main.tsx?t=${Date.now()}`)).text();
  await until(async () => (await served()).includes(`saved ${n}`));
  return performance.now() - savedAt;
}

async function repeat(save) {
  const times = [];
  for (let n = 0; n < SAVES; n += 1) {
    await delay(BETWEEN_MS);
    times.push(await save(n));
  }
  return times;
}

async function until(isSo) {
  while (!(await isSo())) await delay(POLL_MS);
}

function report(what, times) {
  const seconds = times.map((ms) => `${(ms / 1000).toFixed(2)} s`);
  process.stdout.write(`${what}, from save to serving: ${seconds.join(', ')}\n`);
}
