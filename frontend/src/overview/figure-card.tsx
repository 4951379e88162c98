import { useEffect, useRef, useState } from 'preact/hooks';
import { hrefOf } from '../app/route.js';
import { theme } from '../app/theme.js';
import { StateIcon } from '../ui/icons.js';
import { isDark } from '../ui/media.js';
import { clockTime } from '../ui/time.js';
import { judge, type Figure, type Verdict } from './figures.js';
import type { Plot } from './plot.js';
import type { Summary } from './summary.js';

const TONES = {
  ok: 'good',
  'outside SLO': 'wait',
  'above alert limit': 'bad',
  'below alert limit': 'bad',
  'too few to judge': 'off',
  'no data': 'off',
} as const satisfies Record<Verdict, string>;

interface FigureCardProps {
  figure: Figure;
  summary: Summary;
  /** The server does not answer: there is no verdict on the present. */
  isOld: boolean;
}

/** One figure: its value now, its verdict, its last 15 minutes, and what to do about it. */
export function FigureCard({ figure, summary, isOld }: FigureCardProps) {
  // The values under the pointer, or the current ones. The verdict is always on the current value.
  const [hovered, setHovered] = useState<number>();
  const values = figure.series.map(({ label, of }) => ({
    label,
    value: of(summary).at(hovered ?? -1) ?? null,
  }));
  const hoveredAt = hovered === undefined ? undefined : summary.at[hovered];
  const verdict = judge(figure, summary);
  const tone = isOld ? 'off' : TONES[verdict];
  const hasLimit = figure.slo !== undefined || figure.alert !== undefined;
  const limits = [figure.slo?.label, figure.alert?.label].filter(Boolean).join(' · ');
  return (
    <article class={`figure ${tone}`}>
      <header>
        <h3>{figure.title}</h3>
        {hasLimit && (
          <span class="verdict">
            <StateIcon tone={tone} />
            {isOld ? 'stale' : verdict}
          </span>
        )}
      </header>
      <dl class="figure-values">
        {values.map(({ label, value }, index) => (
          <div key={label} class={`series-${index + 1}`}>
            <dd>{value === null ? '–' : figure.format(value)}</dd>
            <dt>{label}</dt>
          </div>
        ))}
        {hoveredAt !== undefined && (
          <div class="figure-time">
            <dd>{clockTime(hoveredAt * 1_000, 'local').slice(0, 8)}</dd>
          </div>
        )}
      </dl>
      <PlotView figure={figure} summary={summary} onHover={setHovered} />
      <footer>
        <span>{limits}</span>
        <a href={hrefOf('runbooks', new URLSearchParams({ of: figure.runbook }))}>Runbook</a>
      </footer>
    </article>
  );
}

interface PlotViewProps {
  figure: Figure;
  summary: Summary;
  onHover: (index: number | undefined) => void;
}

function PlotView({ figure, summary, onHover }: PlotViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<Plot>();

  useEffect(() => {
    let isGone = false;
    let made: Plot | undefined;
    void import('./plot.js').then(({ createPlot }) => {
      if (isGone || !element.current) return;
      made = createPlot(figure, element.current, onHover);
      setPlot(made);
    });
    return () => {
      isGone = true;
      made?.destroy();
    };
    // A canvas keeps its colours, so a change of theme needs a new one.
  }, [figure, theme.value, isDark.value]);

  useEffect(() => plot?.update(summary), [plot, summary]);

  return <div ref={element} class="plot" aria-hidden="true" />;
}
