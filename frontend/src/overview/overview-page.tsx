import { usePolled } from '../session/poll.js';
import { Age, isStale } from './age.js';
import { EventsSection } from './events-section.js';
import { FigureCard } from './figure-card.js';
import { FIGURES } from './figures.js';
import { Glance } from './glance-view.js';
import type { Service } from './service.js';
import { Services } from './services.js';
import type { Summary } from './summary.js';

const EVERY_MS = 5_000;

/** What is wrong first: the operator's events, then the services, then VX11 itself. */
export function OverviewPage() {
  const [services] = usePolled<{ services: Service[] }>('/services', EVERY_MS);
  const [summary] = usePolled<Summary>('/summary', EVERY_MS);
  const { value, error } = summary.value;
  // A verdict on old figures would be a guess; the figures themselves are shown with their age.
  const known = services.value.error || error ? undefined : services.value.value;
  return (
    <main class="page overview">
      <h1>Overview</h1>
      <EventsSection />
      <Services {...services.value} everyMs={EVERY_MS} />
      <section aria-labelledby="figures-title">
        <h2 id="figures-title">
          VX11’s own health <Age {...summary.value} everyMs={EVERY_MS} />
        </h2>
        {known && value && <Glance services={known.services} summary={value} />}
        {value && (
          <>
            <p class="muted">
              The last 15 minutes
              {value.instances > 1 && ` of all ${value.instances} instances together`}. Shares and
              latencies are of the last minute, adoption of all 15.
            </p>
            <div class="figures">
              {FIGURES.map((figure) => (
                <FigureCard
                  key={figure.title}
                  figure={figure}
                  summary={value}
                  isOld={isStale(summary.value, EVERY_MS)}
                />
              ))}
            </div>
          </>
        )}
      </section>
    </main>
  );
}
