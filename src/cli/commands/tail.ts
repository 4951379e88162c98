import { createEventsClient, type EventFilter, type OperatorEvent } from '@vx11/events-client';
import { rawOf, readHistory } from '@vx11/events-client/raw';
import { type Command, Option } from 'commander';
import { SEVERITIES } from '../../events/event.js';
import type { Api } from '../api.js';
import type { Context } from '../context.js';
import { printable, type Output } from '../output.js';

interface Options {
  readonly severity?: string[];
  readonly module?: string[];
  readonly type?: string[];
  readonly after?: string;
  readonly follow: boolean;
  readonly count?: string;
}

/** Events of one request. */
const PAGE = 500;
/** Events that `--no-follow` prints without `--count`. */
const LATEST = 100;

const COLORS: Readonly<Record<string, string>> = {
  info: '36',
  warn: '33',
  error: '31',
  critical: '1;31',
};

/** `vx11 tail`: the stream in a terminal; reconnects and resumes by itself. */
export function addTail(program: Command, context: Context): void {
  program
    .command('tail')
    .description('follow the events; reconnects and resumes by itself, Ctrl-C ends it')
    .addOption(new Option('--severity <list...>', 'only these severities').choices(SEVERITIES))
    .option('--module <list...>', 'only these modules')
    .option('--type <list...>', 'only these types; a trailing * matches a prefix')
    .option('--after <position>', 'resume after this position')
    .option('--count <n>', 'end after this many events')
    .option('--no-follow', 'print the latest events and end')
    .addHelpText(
      'after',
      "\nExamples:\n  vx11 tail --severity error critical\n  vx11 tail --type 'vx11.security.*' --json | jq .data",
    )
    .action(async (options: Options) => {
      const { api, output } = context();
      const filter = filterOf(options);
      const limit = options.count === undefined ? undefined : Number(options.count);
      if (!options.follow) {
        for (const event of await past(api, filter, options.after, limit)) print(output, event);
        return;
      }
      const client = createEventsClient({
        baseUrl: api.url,
        token: api.principalToken,
        transport: 'fetch',
        filter,
        ...(options.after ? { lastEventId: options.after as OperatorEvent['position'] } : {}),
      });
      process.once('SIGINT', () => client.close());
      client.on('gap', () => output.line('-- some events are gone from the server --'));
      client.on('state', (state) => {
        if (state.status === 'reconnecting') output.line('-- connection lost, reconnecting --');
      });
      let seen = 0;
      for await (const event of client.events) {
        print(output, event);
        seen += 1;
        if (limit !== undefined && seen >= limit) break;
      }
      client.close();
    });
}

function filterOf({ severity, module, type }: Options): EventFilter {
  return {
    ...(severity ? { severity: severity as EventFilter['severity'] & {} } : {}),
    ...(module ? { module } : {}),
    ...(type ? { type } : {}),
  };
}

/** In the order of the log: the newest events, or the oldest ones after a position. */
async function past(
  api: Api,
  filter: EventFilter,
  after: string | undefined,
  most = LATEST,
): Promise<OperatorEvent[]> {
  const way = after === undefined ? 'before' : 'after';
  let events: OperatorEvent[] = [];
  for (let from = after; ;) {
    const query = queryOf(filter);
    query.set('limit', String(Math.min(PAGE, most - events.length)));
    if (from !== undefined) query.set(way, from);
    const page = readHistory(await api.text(`/events?${query.toString()}`));
    events = way === 'after' ? [...events, ...page.events] : [...page.events, ...events];
    if (page.next === null || events.length >= most) return events;
    from = page.next;
  }
}

/** A lone value would be read as a comma list, so each list ends with an empty one. */
function queryOf(filter: EventFilter): URLSearchParams {
  return new URLSearchParams(
    Object.entries(filter).flatMap(([name, values]: [string, readonly string[]]) =>
      [...values, ''].map((value): [string, string] => [name, value]),
    ),
  );
}

function print(output: Output, event: OperatorEvent): void {
  const raw = rawOf(event);
  const words = () => {
    const { summary } = (event.data ?? {}) as { summary?: unknown };
    const color = output.color ? COLORS[event.severity] : undefined;
    const severity = event.severity.padEnd(8);
    const shown = color ? `\u001b[${color}m${severity}\u001b[0m` : severity;
    const text = typeof summary === 'string' ? summary : exactData(event, raw);
    return `${event.time ?? '-'} ${shown} ${printable(`${event.module} ${event.type} ${text}`)}`;
  };
  output.result(event, words, raw);
}

/** ECMAScript, "JSON.parse source text access"; the compiler's library does not have it yet. */
const { rawJSON, parse } = JSON as unknown as {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source: string }) => unknown,
  ): { data?: unknown };
};

/** The data of an event in JSON, with every digit of its numbers. */
function exactData(event: OperatorEvent, raw = JSON.stringify(event)): string {
  const { data } = parse(raw, (_, value, { source }) =>
    typeof value === 'number' ? rawJSON(source) : value,
  );
  return JSON.stringify(data ?? null);
}
