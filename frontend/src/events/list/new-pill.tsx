import { count } from '../../ui/format.js';
import { SEVERITIES } from '../entry.js';
import { isHeld, setHold, waiting } from './list-state.js';

/** Events that arrived while the list was held, worst severity first; a press releases the list. */
export function NewPill() {
  if (!isHeld.value) return null;
  const counts = waiting.value;
  const sum = SEVERITIES.reduce((total, severity) => total + counts[severity], 0);
  if (sum === 0) return null;
  return (
    <button type="button" class="new-pill" onClick={() => setHold(undefined)}>
      ↑ {count(sum)} new
      {SEVERITIES.toReversed()
        .filter((severity) => severity !== 'info' && counts[severity] > 0)
        .map((severity) => (
          <span key={severity} class={`severity ${severity}`}>
            {count(counts[severity])} {severity}
          </span>
        ))}
    </button>
  );
}
