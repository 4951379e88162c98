import { useSignal } from '@preact/signals';
import { count } from '../../ui/format.js';
import { clockTime, day } from '../../ui/time.js';
import { SEVERITIES } from '../entry.js';
import { filter, zone } from '../settings.js';
import { startOf, sumOf, type Timeline } from './buckets.js';
import { backToLive, isLive, selectRange, timeline } from './timeline-state.js';
import { serverNow } from '../../ui/server-clock.js';

/** Width of a bar in units of the drawing: its edges are whole numbers. */
const BAR = 10;
const HEIGHT = 40;

/** Events by time and severity: hover shows the counts of a bucket, dragging selects a time. */
export function Histogram() {
  const hovered = useSignal<number | undefined>(undefined);
  const dragFrom = useSignal<number | undefined>(undefined);
  const line = timeline.value;
  const isRange = !isLive.value || filter.value.from !== '';
  return (
    <div class="histogram">
      <div class="histogram-caption">
        <span aria-hidden="true">{line ? caption(line, hovered.value) : ''}</span>
        {line && hovered.value === undefined && (
          <span class="histogram-hint" aria-hidden="true">
            {'\u00a0'}· one bar is {lengthOf(line.width)} · drag to select
          </span>
        )}
        <span class="spacer" />
        {isRange && (
          <button type="button" class="link" onClick={backToLive}>
            Back to live
          </button>
        )}
      </div>
      {line && (
        <Bars
          line={line}
          hovered={hovered.value}
          dragFrom={dragFrom.value}
          onHover={(index) => (hovered.value = index)}
          onDrag={(index) => (dragFrom.value = index)}
          onSelect={(from, to) => selectRange(startOf(line, from), startOf(line, to + 1))}
        />
      )}
    </div>
  );
}

interface BarsProps {
  line: Timeline;
  hovered: number | undefined;
  dragFrom: number | undefined;
  onHover: (index: number | undefined) => void;
  onDrag: (index: number | undefined) => void;
  onSelect: (from: number, to: number) => void;
}

function Bars({ line, hovered, dragFrom, onHover, onDrag, onSelect }: BarsProps) {
  const { buckets } = line;
  const top = Math.max(1, ...buckets.map(sumOf));
  const indexAt = (event: PointerEvent): number => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / width) * buckets.length);
    return Math.max(0, Math.min(buckets.length - 1, index));
  };
  const chosen = hovered === undefined ? undefined : ([dragFrom ?? hovered, hovered] as const);
  const [from = 0, to = 0] = chosen?.toSorted((a, b) => a - b) ?? [];
  return (
    <svg
      viewBox={`0 0 ${buckets.length * BAR} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={summary(line)}
      onPointerMove={(event) => onHover(indexAt(event))}
      onPointerLeave={() => onHover(undefined)}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        onDrag(indexAt(event));
      }}
      onPointerUp={() => {
        if (dragFrom !== undefined && hovered !== undefined) onSelect(from, to);
        onDrag(undefined);
      }}
      onPointerCancel={() => onDrag(undefined)}
    >
      {chosen && (
        <rect class="chosen" x={from * BAR} y={0} width={(to - from + 1) * BAR} height={HEIGHT} />
      )}
      {SEVERITIES.map((severity) => (
        <path key={severity} class={severity} d={bars(line, severity, top)} />
      ))}
    </svg>
  );
}

/** The bars of one severity, stacked on those of the more severe ones. */
function bars({ buckets }: Timeline, severity: (typeof SEVERITIES)[number], top: number): string {
  const worse = SEVERITIES.slice(SEVERITIES.indexOf(severity) + 1);
  let path = '';
  buckets.forEach((bucket, index) => {
    const value = bucket[severity];
    if (value === 0) return;
    const below = worse.reduce((sum, one) => sum + bucket[one], 0);
    const scale = (HEIGHT - 1) / top;
    // One event among thousands is still drawn, as a line.
    const height = Math.max(1, value * scale);
    const y = HEIGHT - below * scale;
    path += `M${index * BAR + 1} ${y}v${-height}h${BAR - 2}v${height}z`;
  });
  return path;
}

/** `14:03:00 to 14:04:00: 12 events, 2 critical, 1 error` */
function caption(line: Timeline, index: number | undefined): string {
  const { buckets, width } = line;
  if (index === undefined || !buckets[index]) {
    const [first, last] = [line.start, startOf(line, buckets.length)];
    return `${moment(first)} to ${moment(last)}`;
  }
  const bucket = buckets[index];
  const from = startOf(line, index);
  const parts = SEVERITIES.toReversed()
    .filter((severity) => bucket[severity] > 0)
    .map((severity) => `${count(bucket[severity])} ${severity}`);
  const sum = sumOf(bucket);
  const events = `${count(sum)} ${sum === 1 ? 'event' : 'events'}`;
  return `${moment(from)} to ${moment(from + width)}: ${[events, ...parts].join(', ')}`;
}

/** The text alternative of the bars. */
function summary(line: Timeline): string {
  const peak = line.buckets.reduce(
    (best, bucket, index) => (sumOf(bucket) > sumOf(line.buckets[best] ?? bucket) ? index : best),
    0,
  );
  return `Events over time. Most of them: ${caption(line, peak)}`;
}

function moment(ms: number): string {
  const time = clockTime(ms, zone.value).slice(0, 8);
  const date = day(ms, zone.value);
  return date === day(serverNow(), zone.value) ? time : `${date} ${time}`;
}

function lengthOf(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}
