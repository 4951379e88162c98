import type { OperatorEvent } from '@vx11/events-client';
import { FilterButtons } from '../filter/filter-buttons.js';
import { acceptedAt, timeOf } from '../entry.js';
import { exactOf, textOf } from '../exact.js';
import { Highlight } from '../list/highlight.js';
import { compiled, zone } from '../settings.js';
import { fullTime } from '../../ui/time.js';

const FIRST = ['severity', 'module', 'type', 'source', 'subject', 'correlationid'];
const ELSEWHERE = new Set(['data', 'time', 'specversion']);

/** All attributes of the event except its data, the most useful ones first. */
export function Attributes({ event }: { event: OperatorEvent }) {
  const names = Object.keys(event).filter((name) => !ELSEWHERE.has(name) && !FIRST.includes(name));
  const present = FIRST.filter((name) => Object.hasOwn(event, name));
  return (
    <section>
      <h3>Attributes</h3>
      <dl class="attributes">
        <div>
          <dt>time</dt>
          <dd>{fullTime(timeOf(event), zone.value)}</dd>
        </div>
        <div>
          <dt>accepted</dt>
          <dd>{fullTime(acceptedAt(event.position), zone.value)}</dd>
        </div>
        {[...present, ...names].map((name) => {
          const value = textOf((exactOf(event) as unknown as Record<string, unknown>)[name]);
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <span class="value">
                  <Highlight text={value} search={compiled.value.search} />
                </span>
                <FilterButtons path={[name]} value={value} />
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
