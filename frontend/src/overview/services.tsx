import type { Polled } from '../session/poll.js';
import { now } from '../ui/clock.js';
import { duration } from '../ui/format.js';
import { StateIcon } from '../ui/icons.js';
import { toneOf, type Service } from './service.js';

/** The seven processes, as the backend's probes see them. */
export function Services({ value, at = 0, error }: Polled<{ services: Service[] }>) {
  return (
    <section aria-labelledby="services-title">
      <h2 id="services-title">Services</h2>
      {error && (
        <p class="notice" role="status">
          {error.message} {value && `What is shown is ${duration(now.value - at)} old.`}
        </p>
      )}
      {value && (
        <ul class="services">
          {value.services.map((service) => (
            <ServiceCard key={service.name} service={service} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ServiceCard({ service }: { service: Service }) {
  const { name, status, latency_ms: latency, since } = service;
  const tone = toneOf(status);
  return (
    <li class={`service ${tone}`}>
      <span class="service-state">
        <StateIcon tone={tone} />
        {status}
      </span>
      <b>{name}</b>
      <span class="muted">
        {since != null && `for ${duration(now.value - Date.parse(since))}`}
        {latency != null && ` · ${latency < 1 ? '<1' : Math.round(latency)} ms`}
      </span>
    </li>
  );
}
