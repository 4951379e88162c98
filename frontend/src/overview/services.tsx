import type { Polled } from '../session/poll.js';
import { nowThere } from '../ui/clock.js';
import { duration } from '../ui/format.js';
import { StateIcon } from '../ui/icons.js';
import { Age, isStale } from './age.js';
import { toneOf, type Service } from './service.js';

/** The seven processes, as the backend's probes see them. */
export function Services({
  everyMs,
  ...polled
}: Polled<{ services: Service[] }> & { everyMs: number }) {
  const { value } = polled;
  return (
    <section aria-labelledby="services-title">
      <h2 id="services-title">
        Services <Age {...polled} everyMs={everyMs} />
      </h2>
      {value && (
        <ul class="services">
          {value.services.map((service) => (
            <ServiceCard key={service.name} service={service} isOld={isStale(polled, everyMs)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ServiceCard({ service, isOld }: { service: Service; isOld: boolean }) {
  const { name, status, latency_ms: latency, since } = service;
  const tone = isOld ? 'off' : toneOf(status);
  return (
    <li class={`service ${tone}`}>
      <span class="service-state">
        <StateIcon tone={tone} />
        {isOld ? `was ${status}` : status}
      </span>
      <b>{name}</b>
      <span class="muted">
        {since != null && `for ${duration(nowThere.value - Date.parse(since))}`}
        {latency != null && ` · ${latency < 1 ? '<1' : Math.round(latency)} ms`}
      </span>
    </li>
  );
}
