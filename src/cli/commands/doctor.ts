import type { Command } from 'commander';
import type { Context } from '../context.js';
import { examine } from '../doctor/examine.js';
import { CHECKS, type CheckName, type Finding } from '../doctor/finding.js';
import { CommandError, EXIT } from '../errors.js';
import { readInput } from '../files.js';
import { printable } from '../output.js';

const ANSWER_MS = 5_000;
const MOST_WATCH_SECONDS = 3_600;
const SIGNS = { ok: '✓', problem: '✗', skipped: '-' } as const;

interface Options {
  readonly watch: string;
  readonly only?: string[];
  readonly ca?: string;
  readonly backend?: string;
  readonly gatewayMetrics?: string;
}

/** `vx11 doctor`: the usual mistakes of a deployment, found from outside, with what to change. */
export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('find the usual mistakes of a deployment from outside; exit code 1 for any')
    .option('--watch <seconds>', 'how long a silent stream must stay open', '20')
    .option('--only <checks...>', `only these of ${CHECKS.join(', ')}`)
    .option('--ca <file>', 'PEM file of an authority of your own')
    .option('--backend <url>', 'operator-backend itself, for its limit of open files')
    .option('--gateway-metrics <url>', "address of the gateway's metrics, for the same")
    .addHelpText(
      'after',
      '\nRun it where your users are: --url is the public address, proxies included. It publishes\none event of the type vx11-cli.doctor, opens a few streams, and changes nothing. Redis is\nexamined when VX11_REDIS_URL is set.\n\nExamples:\n  vx11 --url https://events.example doctor\n  vx11 --url https://events.example doctor --watch 90 --backend http://10.0.0.5:8011',
    )
    .action(async (options: Options) => {
      const { api, output, redisUrl } = context();
      const findings = await examine({
        url: api.url,
        token: api.principalToken,
        patience: { answerMs: ANSWER_MS, watchMs: secondsOf(options.watch) * 1000 },
        ca: options.ca === undefined ? undefined : readInput(options.ca, (text) => text),
        backend: address(options.backend, '--backend'),
        gatewayMetrics: address(options.gatewayMetrics, '--gateway-metrics'),
        redisUrl,
        only: checksOf(options.only),
        progress: (done, all) => output.progress('Examining', done, all),
      }).catch((error: NodeJS.ErrnoException) => {
        if (error instanceof CommandError) throw error;
        throw new CommandError(
          EXIT.unreachable,
          `${api.url} cannot be reached: ${error.code ?? error.message}.`,
          'Check that the gateway runs there, or set --url or VX11_URL to its address.',
        );
      });
      const problems = findings.filter(({ status }) => status === 'problem').length;
      output.result({ ok: problems === 0, findings }, () => report(findings, problems));
      if (problems > 0) process.exitCode = EXIT.failed;
    });
}

function report(findings: readonly Finding[], problems: number): string {
  const lines = findings.flatMap(({ check, status, found, fix }) => [
    `${SIGNS[status]} ${check.padEnd(16)} ${printable(found)}`,
    ...(fix === undefined ? [] : [`  ${status === 'problem' ? 'Fix' : 'Do'}: ${fix}`]),
  ]);
  const sum = problems === 0 ? 'No mistake found.' : `${problems} to fix.`;
  return `${lines.join('\n')}\n${sum}`;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MOST_WATCH_SECONDS) return seconds;
  throw new CommandError(EXIT.usage, `--watch ${text} is not a number of seconds up to 3600.`);
}

function checksOf(names: readonly string[] | undefined): readonly CheckName[] | undefined {
  const unknown = names?.filter((name) => !(CHECKS as readonly string[]).includes(name)) ?? [];
  if (unknown.length === 0) return names as CheckName[] | undefined;
  throw new CommandError(
    EXIT.usage,
    `--only ${unknown.join(' ')}: there is no such check.`,
    `There are ${CHECKS.join(', ')}.`,
  );
}

function address(url: string | undefined, option: string): string | undefined {
  if (url === undefined || /^https?:\/\//.test(url)) return url;
  throw new CommandError(EXIT.usage, `${option} ${url} does not begin with http:// or https://.`);
}
