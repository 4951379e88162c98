import { ok, problem, skipped, type Finding } from './finding.js';
import type { Patient } from './patient.js';

/** Difference between two clocks above which signatures and lifetimes may fail, milliseconds. */
const SKEW_MS = 5_000;

/**
 * Whether principal tokens still open streams from the URL. Reads the setting, because trying
 * it would put the token into a URL.
 */
export async function checkFallback(patient: Patient): Promise<Finding> {
  const { status, text } = await patient.api('/summary');
  if (status !== 200) return skipped('fallback', `The summary answers HTTP ${status}.`);
  const { principal_fallback: mode } = JSON.parse(text) as { principal_fallback?: string };
  if (mode === undefined) return skipped('fallback', 'This version does not say.');
  return mode === 'any'
    ? problem(
        'fallback',
        'A principal token in the URL opens a stream (VX11_SSE_PRINCIPAL_FALLBACK=any).',
        'When `vx11 adoption` shows that no client needs it any more, set VX11_SSE_PRINCIPAL_FALLBACK=off, or header for clients that can send headers.',
      )
    : ok('fallback', `Principal tokens in URLs are refused (${mode}).`);
}

/** Whether anybody can read the metrics. */
export async function checkMetricsPublic({ front }: Patient): Promise<Finding> {
  const { status, text } = await front.ask('/metrics');
  return status === 200 && text.includes('vx11_')
    ? problem(
        'metrics-public',
        `${front.url.origin}/metrics shows the metrics to everybody.`,
        'Set VX11_GATEWAY_PUBLIC_METRICS=0 and let Prometheus scrape operator-backend and VX11_GATEWAY_METRICS_PORT inside the network; at the proxy, route only / of the gateway.',
      )
    : ok('metrics-public', `/metrics is not public (HTTP ${status}).`);
}

/** Whether proxy, gateway, backend and this machine agree on the time. */
export async function checkClock({ front }: Patient): Promise<Finding> {
  const before = Date.now();
  const { status, headers, text } = await front.ask('/operator/api/health');
  const after = Date.now();
  if (status !== 200) return skipped('clock', `/operator/api/health answers HTTP ${status}.`);
  const { timestamp } = JSON.parse(text) as { timestamp: string };
  // `Date` has whole seconds.
  const clocks = [
    ['operator-backend', Date.parse(timestamp)] as const,
    ['the proxy', Date.parse(headers.date ?? '') + 500] as const,
  ].filter(([, time]) => !Number.isNaN(time));
  for (const [name, time] of clocks) {
    const skew = time < before ? time - before : Math.max(0, time - after);
    if (Math.abs(skew) > SKEW_MS) {
      return problem(
        'clock',
        `The clock of ${name} is ${Math.abs(skew / 1000).toFixed(0)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's.`,
        'Run an NTP client (chrony, systemd-timesyncd) on both. The gateway signs with the time, OIDC tokens expire by it, and events are ordered by it.',
      );
    }
  }
  return ok('clock', `All clocks agree within ${SKEW_MS / 1000} s.`);
}
