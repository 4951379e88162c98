import { useSignal } from '@preact/signals';
import { ChevronIcon } from '../../ui/icons.js';
import { Menu } from '../../ui/menu.js';
import { fullTime } from '../../ui/time.js';
import { boundOf, RANGES, toBound } from '../filter/range.js';
import { filter, setFilter, zone } from '../settings.js';
import { backToLive } from './timeline-state.js';

/** A jump also shows this much time after the moment, milliseconds. */
const AFTER_JUMP_MS = 60_000;

/** The time range of the list, kept in the address. */
export function RangeMenu() {
  return (
    <Menu
      label="Time range"
      class="range"
      text={
        <>
          {label()}
          <ChevronIcon />
        </>
      }
    >
      <div class="choices">
        <button type="button" onClick={backToLive}>
          Any time, live
        </button>
        {RANGES.map(([from, words]) => (
          <button
            key={from}
            type="button"
            aria-pressed={filter.value.from === from && filter.value.to === ''}
            onClick={() => setFilter({ ...filter.value, from, to: '' })}
          >
            {words}
          </button>
        ))}
      </div>
      <Dates />
    </Menu>
  );
}

function Dates() {
  const from = useSignal('');
  const to = useSignal('');
  const jump = useSignal('');
  const isUtc = zone.value === 'utc';
  const read = (text: string): string =>
    text === '' ? '' : toBound(Date.parse(isUtc ? `${text}Z` : text));
  return (
    <>
      <form
        class="dates"
        onSubmit={(event) => {
          event.preventDefault();
          setFilter({ ...filter.value, from: read(from.value), to: read(to.value) });
        }}
      >
        <DateField name="From" value={from.value} onInput={(text) => (from.value = text)} />
        <DateField name="To" value={to.value} onInput={(text) => (to.value = text)} />
        <button type="submit">Show this range</button>
      </form>
      <form
        class="dates"
        onSubmit={(event) => {
          event.preventDefault();
          if (jump.value === '') return;
          const to = toBound(Date.parse(read(jump.value)) + AFTER_JUMP_MS);
          setFilter({ ...filter.value, from: '', to });
        }}
      >
        <DateField name="Jump to" value={jump.value} onInput={(text) => (jump.value = text)} />
        <button type="submit">Jump</button>
      </form>
      <p class="muted">Times are {isUtc ? 'UTC' : 'local'}.</p>
    </>
  );
}

interface DateFieldProps {
  name: string;
  value: string;
  onInput: (text: string) => void;
}

function DateField({ name, value, onInput }: DateFieldProps) {
  return (
    <label>
      {name}
      <input
        type="datetime-local"
        step="1"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

function label(): string {
  const { from, to } = filter.value;
  if (from === '' && to === '') return 'Any time';
  const preset = RANGES.find(([bound]) => bound === from && to === '');
  if (preset) return preset[1];
  const words = (bound: string) => fullTime(boundOf(bound)(0), zone.value).slice(5, 19);
  if (to === '') return `Since ${words(from)}`;
  return from === '' ? `Until ${words(to)}` : `${words(from)} to ${words(to)}`;
}
