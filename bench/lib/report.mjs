/** The result as Markdown: the same text for the terminal and for results/latest.md. */

const whole = (value) => Math.round(value).toLocaleString('en-US');
const digits = (count) => (value) => (Number.isFinite(value) ? value.toFixed(count) : '–');
const times = (value) => (value >= 100 ? `${whole(value)} ×` : `${value.toPrecision(3)} ×`);
const percent = (value) => `${(value * 100).toFixed(1)} %`;
const mebibytes = (value) => (value / 2 ** 20).toFixed(0);

/** `columns`: [heading, value of a row as text]. The first is text, the others are figures. */
function table(columns, rows) {
  const cells = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, text]) => text(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  const line = (texts) =>
    `| ${texts.map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

const system = ['', (row) => row.system];
const serverCore = ['server core', (row) => percent(row.server_core)];
const loadCore = ['load core', (row) => percent(row.load_core)];
const foreign = ['foreign', (row) => percent(row.foreign)];
const p50 = ['p50 ms', (row) => digits(1)(row.p50_ms)];
const p99 = ['p99 ms', (row) => digits(1)(row.p99_ms)];

const issuingColumns = [
  system,
  ['requests/s', (row) => whole(row.requests_per_s)],
  ['CPU µs/request', (row) => digits(1)(row.cpu_us_per_request)],
  p50,
  p99,
  serverCore,
  loadCore,
  foreign,
];

const deliveries = ['deliveries/s', (row) => whole(row.deliveries_per_s)];

const rateColumns = [
  system,
  ['events/s', (row) => whole(row.rate)],
  deliveries,
  ['received', (row) => percent(row.received_share)],
  ['miscounted', (row) => digits(0)(row.miscounted)],
  ['CPU µs/delivery', (row) => digits(2)(row.cpu_us_per_delivery)],
  p50,
  p99,
  serverCore,
  loadCore,
  foreign,
];

const saturationColumns = [
  system,
  ['events/s', (row) => whole(row.rate)],
  deliveries,
  ['deliveries/s per core', (row) => whole(row.deliveries_per_core)],
  p50,
  p99,
  serverCore,
  loadCore,
  foreign,
];

const memoryColumns = [
  system,
  ['MiB, no stream', (row) => mebibytes(row.bytes_at_0)],
  ['500 streams', (row) => mebibytes(row.bytes_at_500)],
  ['2000 streams', (row) => mebibytes(row.bytes_at_2000)],
  ['KiB a stream', (row) => digits(1)(row.bytes_per_stream / 1024)],
];

/** A disturbed run proves nothing, neither for nor against. */
function verdict(met, noisy) {
  if (met === undefined) return '';
  if (noisy) return 'disturbed';
  return met ? 'met' : 'MISSED';
}

const verdictColumns = (noisy) => [
  ['', (row) => row.what],
  ['measured', (row) => row.text],
  ['target', (row) => row.target ?? ''],
  ['', (row) => verdict(row.met, noisy)],
];

const NOISE_WARNING = `

**Disturbed: other processes took too much of these cores. Not recorded; run it again on a quiet
machine.**`;

/** Every ratio of baseline (first row) and ours (second row), next to its target where it has one. */
export function verdicts({ issuing, rates, saturation, memory }) {
  const [bare, backend] = issuing;
  const [stock, carried] = saturation;
  const atLeast = (least) => (value) => ({ target: `≥ ${least} ×`, met: value >= least });
  const ratio = (what, value, judge) => ({ what, value, text: times(value), ...judge?.(value) });
  const pairs = rates.filter((_, i) => i % 2 === 0).map((row, i) => [row, rates[i * 2 + 1]]);
  return [
    ratio(
      'issuing: requests/s, ours ÷ bare',
      backend.requests_per_s / bare.requests_per_s,
      atLeast(0.65),
    ),
    ratio(
      'issuing: CPU per request, bare ÷ ours',
      bare.cpu_us_per_request / backend.cpu_us_per_request,
    ),
    ratio(
      'saturation: deliveries/s, ours ÷ stock',
      carried.deliveries_per_s / stock.deliveries_per_s,
      atLeast(20),
    ),
    ratio(
      'saturation: deliveries/s per core, ours ÷ stock',
      carried.deliveries_per_core / stock.deliveries_per_core,
    ),
    ...pairs.flatMap(([theirs, own]) => [
      ratio(
        `CPU per delivery at ${own.rate}/s, stock ÷ ours`,
        theirs.cpu_us_per_delivery / own.cpu_us_per_delivery,
        // At a slow rate both write every event at once: nothing is there to share.
        own.rate >= 1000 ? atLeast(20) : undefined,
      ),
      {
        what: `p99 at ${own.rate}/s, ours`,
        value: own.p99_ms,
        text: `${digits(1)(own.p99_ms)} ms`,
        target: '< 20 ms',
        met: own.p99_ms < 20,
      },
    ]),
    ratio(
      'memory of an idle stream, ours ÷ stock',
      memory[1].bytes_per_stream / memory[0].bytes_per_stream,
    ),
  ];
}

export function render({
  machine,
  noisy,
  date,
  streams,
  issuing,
  rates,
  saturation,
  memory,
  verdicts: all,
}) {
  return `# Benchmark, ${date}

${Object.entries(machine)
  .map(([name, value]) => `- ${name.replaceAll('_', ' ')}: ${value}`)
  .join('\n')}

Medians of alternating rounds in one run. \`foreign\` is what other processes took of either core
during the measurement: the noise. A load core near 100 % means that the load, not the server, was
the limit.${noisy ? NOISE_WARNING : ''}

## Against the baselines

${table(verdictColumns(noisy), all)}

## Issuing a token

${table(issuingColumns, issuing)}

## Fan-out, ${streams} streams

${table(rateColumns, rates)}

## Saturation, ${streams} streams

The highest rate at which at least 98 % arrive and p99 stays under one second.

${table(saturationColumns, saturation)}

## Idle streams

Resident memory of the server after garbage collection.

${table(memoryColumns, memory)}
`;
}
