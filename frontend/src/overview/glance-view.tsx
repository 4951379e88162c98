import { hrefOf } from '../app/route.js';
import { zone } from '../events/settings.js';
import { StateIcon } from '../ui/icons.js';
import { clockTime } from '../ui/time.js';
import { allIsWell, concerns } from './glance.js';
import type { Service } from './service.js';
import type { Summary } from './summary.js';

interface GlanceProps {
  services: readonly Service[];
  summary: Summary;
}

/** Whether anything is wrong with VX11 itself, and what. */
export function Glance({ services, summary }: GlanceProps) {
  const found = concerns(services, summary, (ms) => clockTime(ms, zone.value).slice(0, 8));
  const number = found.length;
  return (
    <section class={`glance ${found[0]?.tone ?? 'good'}`} aria-label="At a glance">
      {/* Separate, because the figures in the list change all the time. */}
      <p class="sr-only" role="status">
        {number === 0 ? 'All is well' : `${number} ${number === 1 ? 'concern' : 'concerns'}`}
      </p>
      <ul>
        {number === 0 && (
          <li>
            <StateIcon tone="good" />
            {allIsWell(services, summary)}
          </li>
        )}
        {found.map(({ tone, what, matter, runbook }) => (
          <li key={what}>
            <StateIcon tone={tone} />
            <span>
              <b>{what}</b> {matter}
            </span>
            {runbook !== undefined && (
              <a href={hrefOf('runbooks', new URLSearchParams({ of: runbook }))}>Runbook</a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
