import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Figure, Limit } from './figures.js';
import type { Summary } from './summary.js';

/** Pixels; as in overview.css. */
const HEIGHT = 100;
const WINDOW_SEC = 900;
/** A limit above this many times the greatest value is not drawn: it would flatten the plot. */
const NEAR = 3;

/** Draws a figure into an element. */
export interface Plot {
  update(summary: Summary): void;
  destroy(): void;
}

/**
 * The only file that knows the chart library; it is loaded with the first plot.
 * @param onHover gets the sample under the pointer, in this plot or another of the page
 */
export function createPlot(
  figure: Figure,
  element: HTMLElement,
  onHover: (index: number | undefined) => void,
): Plot {
  const colour = colourFrom(element);
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 } };
  const ticks = { show: false };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const chart = new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: 'overview' }, drag: { x: false, y: false }, points: { size: 5 } },
      padding: [8, 18, 0, 0],
      // Always the whole window: a short history must not look like a long one.
      scales: {
        x: { range: (_, __, end) => [end - WINDOW_SEC, end] },
        y: { range: (_, low, high) => rangeOf(figure, low, high) },
      },
      axes: [
        {
          ...axis,
          ticks,
          font,
          size: 24,
          incrs: [60, 180, 300],
          space: 48,
          values: (_, times) => times.map(minute),
        },
        {
          ...axis,
          ticks,
          font,
          size: 58,
          space: 28,
          values: (_, values) => values.map((value) => figure.format(value)),
        },
      ],
      series: [
        {},
        ...figure.series.map(({ label }, index) => ({
          label,
          stroke: colour(index === 0 ? '--plot-1' : '--plot-2'),
          width: 1.5,
          points: { show: false },
        })),
      ],
      hooks: {
        draw: [(plot) => drawLimits(plot, figure, colour)],
        setCursor: [({ cursor }) => onHover(cursor.idx ?? undefined)],
      },
    },
    [[]],
    element,
  );
  const resize = new ResizeObserver(() =>
    chart.setSize({ width: element.clientWidth, height: HEIGHT }),
  );
  resize.observe(element);
  return {
    update(summary) {
      chart.setData([[...summary.at], ...figure.series.map(({ of }) => [...of(summary)])]);
    },
    destroy() {
      resize.disconnect();
      chart.destroy();
    },
  };
}

/** From 0, or for shares from a little below the least, to a little above the greatest. */
function rangeOf(figure: Figure, low: number | null, high: number | null): [number, number] {
  if (figure.max !== undefined) {
    const bottom = Math.min(low ?? 1, lowest(figure)) * 0.99;
    // Without a margin, a line at the top would be cut in half.
    return [bottom, figure.max + (figure.max - bottom) * 0.05];
  }
  const top = Math.max(high ?? 0, 0);
  const limits = [figure.slo, figure.alert]
    .filter((limit): limit is Limit => limit !== undefined && limit.value < top * NEAR)
    .map(({ value }) => value);
  return [0, Math.max(top, ...limits) * 1.15 || 1];
}

function lowest({ slo, alert }: Figure): number {
  return Math.min(slo?.value ?? 1, alert?.value ?? 1);
}

function drawLimits(plot: uPlot, figure: Figure, colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  for (const [limit, name] of [
    [figure.slo, '--good'],
    [figure.alert, '--bad'],
  ] as const) {
    if (!limit) continue;
    const y = plot.valToPos(limit.value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.save();
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = devicePixelRatio;
    // The SLO is dotted, the alert dashed: distinguishable without colour.
    ctx.setLineDash((name === '--good' ? [1, 3] : [6, 4]).map((part) => part * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

function minute(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 5);
}

/** Colours of the style sheet, resolved: a canvas cannot use custom properties. */
function colourFrom(element: HTMLElement): (name: string) => string {
  const probe = document.createElement('i');
  element.append(probe);
  const known = new Map<string, string>();
  const colour = (name: string): string => {
    let value = known.get(name);
    if (value === undefined) {
      probe.style.color = `var(${name})`;
      value = getComputedStyle(probe).color;
      known.set(name, value);
    }
    return value;
  };
  for (const name of ['--muted', '--line', '--plot-1', '--plot-2', '--good', '--bad']) colour(name);
  probe.remove();
  return colour;
}
