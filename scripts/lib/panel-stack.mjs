// The whole product on free ports and in a temporary directory, with a browser
// before it: for commands that look at the panel.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root, Stop } from './bootstrap.mjs';
import { buildAll } from './build.mjs';
import { processes } from './processes.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const START_MS = 60_000;
const ATTEMPTS = 3;

/**
 * Builds what is old, starts every process, runs `work` and ends everything again.
 * @param {(stack: { url: string, token: string, publish: (events: object[]) => Promise<void>,
 *   issue: () => Promise<string>, browser: import('playwright-core').Browser }) => Promise<void>} work
 */
export async function withPanelStack(work, env = {}) {
  ensureSystemPackages(['chromium']);
  await buildAll(root);
  const { chromium } = await import('playwright-core');
  const token = randomBytes(24).toString('base64url');
  const dataDir = mkdtempSync(join(tmpdir(), 'vx11-panel-'));
  const settings = await environment(token, dataDir, env);
  const children = processes.map((row) => start(row, settings));
  // Whatever ends this command, an error nobody caught as well: nothing stays behind.
  process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  let browser;
  try {
    const front = processes.find((row) => row.front);
    const url = `http://127.0.0.1:${settings[front.portVariable]}`;
    await Promise.all(processes.map((row, index) => healthy(row, settings, children[index])));
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: BROWSER });
    await work({ url, token, browser, ...caller(url, token) });
  } finally {
    await browser?.close();
    await Promise.all(children.map(end));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Signs in on a new page of the context and waits until the stream is live. */
export async function openPanel(context, { url, token }, hash = '') {
  const page = await context.newPage();
  await page.goto(`${url}/operator/ui/${hash}`);
  await page.getByLabel('Principal token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /^Live/ }).waitFor();
  return page;
}

const BROWSER = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--enable-precise-memory-info',
];

function caller(url, token) {
  const ask = async (path, body, type) => {
    const response = await fetch(`${url}/operator/api${path}`, {
      method: 'POST',
      headers: { 'x-vx11-token': token, 'content-type': type },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  };
  return {
    /** Sends the batch again when the gateway could not say what became of it: each event is taken once. */
    publish: async (events) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return void (await ask('/events', events, 'application/cloudevents-batch+json'));
        } catch (error) {
          if (attempt === ATTEMPTS) throw error;
          console.warn(`${error.message}; sending the batch again`);
        }
      }
    },
    issue: async () => (await ask('/events/sse-token', {}, 'application/json')).sse_token,
  };
}

async function environment(token, dataDir, more) {
  const ports = {};
  const variables = [...processes.map((row) => row.portVariable), 'VX11_GATEWAY_METRICS_PORT'];
  for (const name of variables) ports[name] = String(await freePort());
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    VX11_OPERATOR_TOKEN: token,
    VX11_NEIGHBOUR_TOKEN: randomBytes(24).toString('base64url'),
    VX11_DATA_DIR: dataDir,
    VX11_DRAIN_SECONDS: '1',
    VX11_GATEWAY_CONNECTIONS: '500',
    ...ports,
    ...more,
  };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function start(row, env) {
  return spawn(process.execPath, [row.entry, ...(row.args ?? [])], {
    cwd: root,
    env: { ...env, ...row.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function healthy(row, env, child) {
  const late = Date.now() + START_MS;
  while (Date.now() < late && child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${env[row.portVariable]}${row.health}`).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await delay(200);
  }
  throw new Stop(`${row.name} did not start.`);
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
