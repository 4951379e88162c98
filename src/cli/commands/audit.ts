import { Option, type Command } from 'commander';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  ChainVerifier,
  type ExpectedHead,
  type ExportedEntry,
  type VerificationReport,
} from '../../audit/chain-verifier.js';
import { EXPORT_FORMATS, formatted, type ExportFormat } from '../../audit/siem-formats.js';
import type { Api } from '../api.js';
import type { Context } from '../context.js';
import { CommandError, EXIT } from '../errors.js';
import { printable, table } from '../output.js';

/** Entries of one request. */
const PART = 5_000;

interface ListOptions {
  readonly since?: string;
  readonly until?: string;
  readonly action?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly result?: string;
  readonly limit: string;
}

/** `vx11 audit`: reads, verifies and exports the audit trail. */
export function addAudit(program: Command, context: Context): void {
  const audit = program.command('audit').description('read, verify and export the audit trail');
  addList(audit, context);
  addVerify(audit, context);
  addExport(audit, context, () => program.version() ?? '');
}

function addList(audit: Command, context: Context): void {
  audit
    .command('list')
    .description('the newest entries')
    .option('--since <time>', 'RFC 3339')
    .option('--until <time>', 'RFC 3339')
    .option('--action <actions>', 'comma list')
    .option('--actor <id>', 'the principal that acted')
    .option('--subject <id>', 'what it acted on')
    .addOption(new Option('--result <result>').choices(['done', 'refused']))
    .option('--limit <n>', 'most entries', '50')
    .action(async (options: ListOptions) => {
      const { api, output } = context();
      const entries: ExportedEntry[] = [];
      const most = Number(options.limit);
      for (let before: string | undefined; entries.length < most;) {
        const { limit: _, ...filters } = options;
        const query = new URLSearchParams({
          ...filters,
          limit: String(Math.min(500, most - entries.length)),
          ...(before === undefined ? {} : { before }),
        });
        const page = await api.get<{ entries: ExportedEntry[]; next: string | null }>(
          `/audit?${query.toString()}`,
        );
        entries.push(...page.entries);
        if (page.next === null) break;
        before = page.next;
      }
      output.result(entries, () =>
        table(['TIME', 'WHO', 'WHAT', 'TARGET', 'RESULT', 'TIMES', 'FROM'], entries.map(row)),
      );
    });
}

function row(entry: ExportedEntry): string[] {
  return [
    entry.time,
    entry.actor ?? '-',
    entry.action,
    entry.subject ?? '-',
    entry.reason === undefined ? entry.result : `${entry.result}: ${entry.reason}`,
    String(entry.count ?? 1),
    entry.address ?? '-',
  ].map(printable);
}

function addVerify(audit: Command, context: Context): void {
  audit
    .command('verify')
    .description('check every hash, link and signature; exit code 1 when one is wrong')
    .option('--file <file>', 'an export in JSON lines, instead of the running system')
    .option('--key <key...>', 'public key that must have signed; after a change of it, all of them')
    .option('--expect <file>', 'what an earlier verify --json printed: finds a cut-off end')
    .action(async (options: { file?: string; key?: string[]; expect?: string }) => {
      const { api, output } = context();
      const verifier = new ChainVerifier({
        keys: options.key,
        expected: options.expect === undefined ? undefined : headsIn(options.expect),
      });
      const startedAt = performance.now();
      const lines = options.file === undefined ? linesOf(api) : linesIn(options.file);
      for await (const line of lines) addLine(verifier, line);
      const report = verifier.finish();
      const seconds = (performance.now() - startedAt) / 1000;
      output.result(report, () => words(report, seconds, options.key));
      if (report.faults.length > 0) process.exitCode = EXIT.failed;
    });
}

function addExport(audit: Command, context: Context, version: () => string): void {
  audit
    .command('export')
    .description('every entry, oldest first, one a line')
    .addOption(
      new Option('--format <format>', 'JSON lines, CEF or OCSF')
        .choices(EXPORT_FORMATS)
        .default('json'),
    )
    .option('--after <position>', 'only entries after this position')
    .action(async (options: { format: ExportFormat; after?: string }) => {
      const { api } = context();
      let position = options.after;
      try {
        for await (const line of linesOf(api, options.after)) {
          const entry = JSON.parse(line) as ExportedEntry;
          // The JSON as received: the hash is over its bytes.
          const text =
            options.format === 'json' ? line : formatted(entry, options.format, version());
          if (!process.stdout.write(`${text}\n`)) {
            await new Promise((resolve) => process.stdout.once('drain', resolve));
          }
          ({ position } = entry);
        }
      } finally {
        // Also of an export that broke off: lines in CEF and OCSF have no position.
        if (position !== undefined) {
          process.stderr.write(`The next export goes on with --after ${position}\n`);
        }
      }
    });
}

async function* linesOf(api: Api, from?: string): AsyncGenerator<string> {
  for (let after = from; ;) {
    const query = new URLSearchParams({
      limit: String(PART),
      ...(after === undefined ? {} : { after }),
    });
    const text = await api.text(`/audit/export?${query.toString()}`);
    const lines = text.split('\n').filter((line) => line !== '');
    yield* lines;
    const last = lines.at(-1);
    if (last === undefined || lines.length < PART) return;
    after = (JSON.parse(last) as ExportedEntry).position;
  }
}

async function* linesIn(file: string): AsyncGenerator<string> {
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (line !== '') yield line;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * Our exports have the entry's canonical JSON after two members, so it need not be encoded
 * again.
 */
const FRONT = /^\{"position":"[^"]*","hash":"[0-9a-f]{64}",/;

function addLine(verifier: ChainVerifier, line: string): void {
  const front = FRONT.exec(line)?.[0];
  // The verifier reports a line without a value as unreadable.
  verifier.add(valueOf(line), front === undefined ? undefined : `{${line.slice(front.length)}`);
}

/**
 * @returns undefined for what is no JSON, and for JSON with one name twice in an object: the
 *   value that was signed would be the last one, and other readers take the first
 */
function valueOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return namesIn(line) === membersIn(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of valid JSON: without its escapes, every other quotation mark ends a string. */
function namesIn(json: string): number {
  const parts = json.replaceAll(/\\./g, '').split('"');
  return parts.filter((part, index) => index % 2 === 0 && part.trimStart().startsWith(':')).length;
}

function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, one) => sum + membersIn(one), own);
}

function headsIn(file: string): readonly ExpectedHead[] {
  try {
    const { chains } = JSON.parse(readFileSync(file, 'utf8')) as Partial<VerificationReport>;
    if (chains?.every(isHead)) return chains;
    throw new Error('it has no "chains" with the members chain, to and head');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function isHead({ chain, to, head }: Partial<ExpectedHead>): boolean {
  return typeof chain === 'string' && typeof to === 'number' && typeof head === 'string';
}

function unreadable(file: string, error: unknown): CommandError {
  return new CommandError(
    EXIT.usage,
    `${file} cannot be read: ${(error as Error).message}.`,
    'Name a file that vx11 audit export or vx11 audit verify --json has written.',
  );
}

function words(
  report: VerificationReport,
  seconds: number,
  expected: readonly string[] | undefined,
): string {
  const { entries, chains, faults, keys } = report;
  const rate = Math.round(entries / Math.max(seconds, 0.001));
  const lines = [
    ...faults.map(({ kind, message }) => `✗ ${kind}: ${printable(message)}`),
    `${entries} entries in ${chains.length} chains, ${rate} a second: ${
      faults.length === 0 ? 'nothing is missing or changed.' : `${faults.length} faults.`
    }`,
    ...chains.map(
      ({ chain, from, to, signedThrough, head }) =>
        `${printable(chain)}: entries ${from} to ${to}, signed up to ${signedThrough}, head ${printable(head)}`,
    ),
    ...(expected === undefined && keys.length > 0
      ? [
          `Signed by ${keys.map(printable).join(', ')}. Nobody vouches for this key: pass the one you know with --key.`,
        ]
      : []),
  ];
  return lines.join('\n');
}
