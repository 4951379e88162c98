// The whole product with a browser before it: for commands that look at the panel.
import { randomBytes } from 'node:crypto';
import { launchBrowser, startSystem } from './own-system.mjs';

const ATTEMPTS = 3;

/**
 * Builds what is old, starts every process, runs `work` and ends everything again.
 * @param {(stack: { url: string, token: string, publish: (events: object[]) => Promise<void>,
 *   issue: () => Promise<string>,
 *   alert: (name: string, severity: string, summary: string) => Promise<unknown>, browser: import('playwright-core').Browser }) => Promise<void>} work
 */
export async function withPanelStack(work) {
  const token = randomBytes(24).toString('base64url');
  const system = await startSystem({
    NODE_ENV: 'production',
    VX11_LOG_LEVEL: 'warn',
    VX11_OPERATOR_TOKEN: token,
    VX11_HOP_KEYS: randomBytes(32).toString('hex'),
    VX11_NEIGHBOUR_TOKEN: randomBytes(24).toString('base64url'),
    VX11_DRAIN_SECONDS: '1',
    VX11_GATEWAY_CONNECTIONS: '500',
  });
  let browser;
  try {
    browser = await launchBrowser({ args: ['--enable-precise-memory-info'] });
    await work({ url: system.url, token, browser, ...caller(system.url, token) });
  } finally {
    await browser?.close();
    await system.stop();
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
    /** As an Alertmanager reports it, firing for four minutes. */
    alert: (alertname, severity, summary) =>
      ask(
        '/intake/alertmanager',
        {
          version: '4',
          receiver: 'vx11',
          alerts: [
            {
              status: 'firing',
              labels: { alertname, severity, service: 'shop' },
              annotations: { summary },
              startsAt: new Date(Date.now() - 240_000).toISOString(),
              endsAt: '0001-01-01T00:00:00Z',
              fingerprint: alertname,
              generatorURL: '',
            },
          ],
        },
        'application/json',
      ),
    issue: async () => (await ask('/events/sse-token', {}, 'application/json')).sse_token,
  };
}
