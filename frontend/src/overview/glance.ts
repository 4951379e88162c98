import { FIGURES, judge } from './figures.js';
import { toneOf, type Service } from './service.js';
import type { Summary } from './summary.js';

/** Something that needs attention. */
export interface Concern {
  readonly tone: 'bad' | 'wait' | 'off';
  /** A service, or a figure. */
  readonly what: string;
  /** What is wrong with it. */
  readonly matter: string;
  /** Heading of the runbook, where there is one. */
  readonly runbook?: string;
}

const ORDER: readonly string[] = ['bad', 'wait', 'off'] satisfies Concern['tone'][];

/**
 * What is not as it should be, the worst first.
 * @param clock how to say a moment, given in epoch milliseconds
 */
export function concerns(
  services: readonly Service[],
  summary: Summary,
  clock: (ms: number) => string,
): Concern[] {
  const found: Concern[] = [];
  for (const { name, status, since } of services) {
    const tone = toneOf(status);
    if (tone === 'good') continue;
    const from = since == null ? '' : `, since ${clock(Date.parse(since))}`;
    found.push({ tone, what: name, matter: `is ${status}${from}` });
  }
  for (const figure of FIGURES) {
    const { title, series, format, runbook } = figure;
    const value = series[0].of(summary).at(-1) ?? null;
    const verdict = judge(figure, summary);
    const isAlert = verdict === 'above alert limit' || verdict === 'below alert limit';
    if (value === null || (verdict !== 'outside SLO' && !isAlert)) continue;
    const limit = isAlert ? figure.alert : figure.slo;
    found.push({
      tone: isAlert ? 'bad' : 'wait',
      what: title,
      matter: `${format(value)} ${series[0].label}, ${limit?.label}`,
      runbook,
    });
  }
  return found.toSorted((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone));
}

/** The text without concerns: all is well, and how many figures have too little data. */
export function allIsWell(services: readonly Service[], summary: Summary): string {
  const unknown = FIGURES.filter(
    (figure) =>
      (figure.slo ?? figure.alert) !== undefined &&
      ['no data', 'too few to judge'].includes(judge(figure, summary)),
  ).length;
  const rest =
    unknown === 0
      ? ''
      : ` ${unknown} ${unknown === 1 ? 'figure has' : 'figures have'} too little data to be judged.`;
  return `All ${services.length} services are up, and no figure is beyond its limits.${rest}`;
}
