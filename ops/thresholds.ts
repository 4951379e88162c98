import { readFileSync } from 'node:fs';

const FILE = new URL('../helm/vx11-operator/files/thresholds.json', import.meta.url);

/** `tokenRequests.perSecond` → its value. Durations are Prometheus durations (`5m`). */
export type Thresholds = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

/** The product's defaults: rules, chart, panel and deployment gates all read this file. */
export function defaultThresholds(): Thresholds {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Thresholds;
}

/**
 * Fills `%group.name%` with the values. The chart does the same with Helm's
 * `replace`, so a template may hold nothing else that is computed.
 * @throws Error for a name that the thresholds do not have
 */
export function fill(template: string, thresholds: Thresholds): string {
  return template.replaceAll(
    /%(\w{1,40})\.(\w{1,40})%/g,
    (placeholder, group: string, name: string) => {
      const value = thresholds[group]?.[name];
      if (value === undefined) throw new Error(`No threshold ${placeholder} in thresholds.json`);
      return String(value);
    },
  );
}
