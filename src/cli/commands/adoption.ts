import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CommandError, EXIT } from '../errors.js';
import { table } from '../output.js';
import { THRESHOLDS } from '../thresholds.js';

interface Summary {
  readonly adoption: readonly (number | null)[];
  readonly window_sec: number;
}

const { after2h, after4h, after24h, after48h } = THRESHOLDS.adoption;
/** What a roll-out of ephemeral tokens should have reached at least, hours after its start. */
const ADOPTION_TARGETS = [
  { hours: 2, share: after2h },
  { hours: 4, share: after4h },
  { hours: 24, share: after24h },
  { hours: 48, share: after48h },
] as const;

/** The target that applies this many hours after the start; undefined before the first one. */
function targetAt(hours: number): (typeof ADOPTION_TARGETS)[number] | undefined {
  return ADOPTION_TARGETS.findLast((target) => hours >= target.hours);
}

/**
 * What to do when the target after a day is missed
 * (docs/operational/MONITORING_EPHEMERAL_TOKENS.md).
 */
const STALLED =
  'Ask the owners in the column CLIENT, one by one, and name the day on which VX11_SSE_PRINCIPAL_FALLBACK becomes off.';

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** `vx11 adoption`: how many streams are opened with ephemeral tokens. */
export function addAdoption(program: Command, context: Context): void {
  program
    .command('adoption')
    .description('share of streams opened with ephemeral tokens, against the targets')
    .option('--since <time>', 'when the roll-out began (ISO 8601); exit code 1 below its target')
    .addHelpText(
      'after',
      '\nTargets: 10 % after 2 h, 50 % after 4 h, 80 % after 24 h, 95 % after 48 h.\nExample:\n  vx11 adoption --since 2026-11-24T08:00:00Z',
    )
    .action(async ({ since }: { since?: string }) => {
      const { api, output } = context();
      const started = since === undefined ? undefined : Date.parse(since);
      if (Number.isNaN(started)) {
        throw new CommandError(
          EXIT.usage,
          `--since ${since} is not a time.`,
          'Write it as 2026-11-24T08:00:00Z.',
        );
      }
      const summary = await api.get<Summary>('/summary');
      const share = summary.adoption.findLast((value) => value !== null) ?? null;
      const hours = started === undefined ? undefined : (Date.now() - started) / 3_600_000;
      const target = hours === undefined ? undefined : targetAt(hours);
      const met = share === null || target === undefined ? null : share >= target.share;
      const timeline = ADOPTION_TARGETS.map(({ hours: after, share: least }) => ({
        after_hours: after,
        target: least,
        due: started === undefined ? null : new Date(started + after * 3_600_000).toISOString(),
      }));
      output.result({ adoption: share, target: target?.share ?? null, met, timeline }, () =>
        [words(share, summary.window_sec, target, met), timelineOf(timeline, target)].join('\n'),
      );
      if (met === false) process.exitCode = EXIT.failed;
    });
}

function words(
  share: number | null,
  windowSec: number,
  target: (typeof ADOPTION_TARGETS)[number] | undefined,
  met: boolean | null,
): string {
  const minutes = Math.round(windowSec / 60);
  if (share === null) return `No stream was opened in the last ${minutes} minutes.`;
  const now = `${percent(share)} of the streams of the last ${minutes} minutes were opened with ephemeral tokens.`;
  if (target === undefined || met === null) return now;
  const goal = `Target after ${target.hours} h: ${percent(target.share)}.`;
  if (met) return `${now}\n${goal} Reached.`;
  const stalled = target.hours >= 24 ? ` ${STALLED}` : '';
  return `${now}\n${goal} Not reached. Run \`vx11 streams\` and look for the credential "principal": those clients still put their long-lived token into the URL.${stalled}`;
}

function timelineOf(
  timeline: readonly { after_hours: number; target: number; due: string | null }[],
  current: (typeof ADOPTION_TARGETS)[number] | undefined,
): string {
  return table(
    ['AFTER', 'TARGET', 'DUE'],
    timeline.map(({ after_hours: after, target, due }) => [
      `${after} h`,
      percent(target),
      `${due ?? '-'}${after === current?.hours ? ' <' : ''}`,
    ]),
  );
}
