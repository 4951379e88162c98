import { usePolled } from '../session/poll.js';
import { duration } from '../ui/format.js';
import { now } from '../ui/clock.js';
import { FigureCard } from './figure-card.js';
import { FIGURES } from './figures.js';
import { Glance } from './glance-view.js';
import type { Service } from './service.js';
import { Services } from './services.js';
import type { Summary } from './summary.js';

const EVERY_MS = 5_000;

export function OverviewPage() {
  const [services] = usePolled<{ services: Service[] }>('/services', EVERY_MS);
  const [summary] = usePolled<Summary>('/summary', EVERY_MS);
  const { value, at = 0, error } = summary.value;
  // A verdict on old figures would be a guess; what there is is shown below, with its age.
  const known = services.value.error || error ? undefined : services.value.value;
  return (
    <main class="page overview">
      <h1>Overview</h1>
      {known && value && <Glance services={known.services} summary={value} />}
      <Services {...services.value} />
      <section aria-labelledby="figures-title">
        <h2 id="figures-title">
          The last 15 minutes
          <span class="muted">
            {value && value.instances > 1 && `of all ${value.instances} instances together; `}
            shares and latencies over the last minute, adoption over all 15
          </span>
        </h2>
        {error && (
          <p class="notice" role="status">
            {error.message} {value && `The figures are ${duration(now.value - at)} old.`}
          </p>
        )}
        {value && (
          <div class="figures">
            {FIGURES.map((figure) => (
              <FigureCard key={figure.title} figure={figure} summary={value} />
            ))}
          </div>
        )}
      </section>
    </main>
  );
}
