import { randomUUID } from 'node:crypto';
import { createEventsClient } from '@vx11/events-client';
import type { Api } from './api.js';

/** How long the published event may take to come back, milliseconds. */
const DELIVERY_MS = 15_000;
const STREAM = '/operator/api/events/stream';

interface Step {
  readonly claim: string;
  readonly run: (api: Api) => Promise<void>;
}

/** The steps of the smoke test, in the order in which a client needs them. */
const STEPS: readonly Step[] = [
  {
    claim: 'the gateway and the backend answer',
    run: async (api) => expectStatus(await api.open('/operator/api/health'), 200),
  },
  {
    claim: 'a stream without a credential is refused',
    run: async (api) => expectStatus(await api.open(STREAM), 401),
  },
  {
    claim: 'a made-up ephemeral token is refused',
    run: async (api) => expectStatus(await api.open(`${STREAM}?token=${randomUUID()}`), 403),
  },
  {
    claim: 'a token is issued for 60 seconds',
    run: async (api) => {
      const { expires_in_sec: seconds } = await api.post<{ expires_in_sec: number }>(
        '/events/sse-token',
      );
      if (seconds !== 60) throw new Error(`it says ${seconds} seconds`);
    },
  },
  { claim: 'a published event arrives on a stream', run: delivers },
];

function expectStatus(answer: Response, status: number): void {
  void answer.body?.cancel();
  if (answer.status !== status) throw new Error(`HTTP ${answer.status} instead of ${status}`);
}

async function delivers(api: Api): Promise<void> {
  const mark = randomUUID();
  const client = createEventsClient({
    baseUrl: api.url,
    token: api.principalToken,
    transport: 'fetch',
    filter: { type: ['vx11-cli.smoke'] },
  });
  const late = setTimeout(() => client.close(), DELIVERY_MS);
  try {
    // The stream is open once its first frame, the snapshot, is here.
    const opened = new Promise<void>((resolve) => client.on('snapshot', () => resolve()));
    const arrival = (async () => {
      for await (const { data } of client.events) {
        if (JSON.stringify(data ?? null).includes(mark)) return;
      }
      throw new Error(`it did not arrive in ${DELIVERY_MS / 1000} s`);
    })();
    await Promise.race([opened, arrival]);
    await api.post('/events', {
      event_type: 'vx11-cli.smoke',
      module: 'vx11-cli',
      severity: 'info',
      summary: 'Smoke test',
      payload: { mark },
    });
    await arrival;
  } finally {
    clearTimeout(late);
    client.close();
  }
}

/** The result of one step. */
export interface SmokeStep {
  readonly claim: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
}

/** Runs all steps; reports each as it ends. */
export async function runSmoke(
  api: Api,
  report: (step: SmokeStep) => void = () => {},
): Promise<readonly SmokeStep[]> {
  const steps: SmokeStep[] = [];
  for (const { claim, run } of STEPS) {
    const startedAt = performance.now();
    const error = await run(api).then(
      () => undefined,
      (fault: Error) => fault.message,
    );
    const ms = Math.round(performance.now() - startedAt);
    const step = { claim, ok: error === undefined, ms, ...(error ? { error } : {}) };
    steps.push(step);
    report(step);
  }
  return steps;
}
