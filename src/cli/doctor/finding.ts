/** The checks, in the order of the report. */
export const CHECKS = [
  'tls',
  'http2',
  'buffering',
  'compression',
  'headers',
  'idle-timeout',
  'accept-queue',
  'trusted-proxies',
  'fallback',
  'metrics-public',
  'clock',
  'file-limit',
  'redis',
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Finding {
  readonly check: CheckName;
  readonly status: 'ok' | 'problem' | 'skipped';
  /** One sentence: what was seen. */
  readonly found: string;
  /** What to change; with every problem, and with a check that was skipped for want of an option. */
  readonly fix?: string;
}

export const ok = (check: CheckName, found: string): Finding => ({ check, status: 'ok', found });

export const problem = (check: CheckName, found: string, fix: string): Finding => ({
  check,
  status: 'problem',
  found,
  fix,
});

export const skipped = (check: CheckName, found: string, fix?: string): Finding => ({
  check,
  status: 'skipped',
  found,
  ...(fix === undefined ? {} : { fix }),
});
