import { now } from '../ui/clock.js';
import { duration } from '../ui/format.js';
import { StateIcon } from '../ui/icons.js';
import { usePolled } from '../session/poll.js';

interface Service {
  name: string;
  /** `up`, `down`, or a word of its own such as `embedded`. */
  status: string;
  latency_ms?: number | null;
  /** ISO 8601. */
  since?: string | null;
}

/** The seven processes, as the backend's probes see them. */
export function Services() {
  const [state] = usePolled<{ services: Service[] }>('/services', 5_000);
  const { value, error } = state.value;
  return (
    <section aria-labelledby="services-title">
      <h2 id="services-title">Services</h2>
      {error && <p class="notice">{`The services are not known. ${error.message}`}</p>}
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
  const tone = TONES[status] ?? 'off';
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

const TONES: Record<string, 'good' | 'wait' | 'bad' | 'off'> = {
  up: 'good',
  ok: 'good',
  embedded: 'good',
  degraded: 'wait',
  draining: 'wait',
  down: 'bad',
};
