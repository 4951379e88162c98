import { effect, useSignal } from '@preact/signals';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { addShortcuts } from '../../app/shortcuts.js';
import { logCount } from '../counts/counts-state.js';
import type { Frequencies } from '../counts/log-counts.js';
import { columnText } from '../list/columns.js';
import { shown } from '../list/list-state.js';
import {
  filter,
  isExpressionWaiting,
  searchFault,
  setFilter,
  startExpression,
} from '../settings.js';
import { conditionOf, suggestionsFor, type Field, type Suggestion } from './completion.js';
import { LONGEST_TEXT, withCondition } from './filter.js';

/** The list is searched when the typing pauses for this long. */
const PAUSE_MS = 150;
/** Events of the list that are looked at for values that the log does not count. */
const LOOKED = 1_000;

export function Search() {
  const input = useRef<HTMLInputElement>(null);
  const draft = useSignal(filter.value.text);
  const offered = useSignal<readonly Suggestion[]>([]);
  const active = useSignal(-1);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();

  // Back, Forward and links change the address, and so the search. What was typed just
  // before belongs to the list that the operator has left. At once, not in the next frame
  // as useSignalEffect would: the timer may end before that.
  useLayoutEffect(
    () =>
      effect(() => {
        draft.value = filter.value.text;
        clearTimeout(timer.current);
      }),
    [],
  );
  useLayoutEffect(() => () => clearTimeout(timer.current), []);
  useLayoutEffect(() => {
    const focus = () => {
      input.current?.focus();
      input.current?.select();
    };
    return addShortcuts({ '/': focus });
  }, []);

  const offer = (next: readonly Suggestion[]): void => {
    offered.value = next;
    active.value = -1;
  };
  const search = (text: string): void => {
    draft.value = text;
    offer(filter.peek().regex ? [] : suggestionsFor(text, valuesOf));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      startExpression(text);
      // A half-typed condition is not searched for as text.
      const isCondition = !filter.peek().regex && offered.peek().some((one) => one.condition);
      setFilter({ ...filter.peek(), text: isCondition ? '' : text }, 'replace');
      if (isCondition) draft.value = text;
    }, PAUSE_MS);
  };
  const apply = (chosen: Suggestion['condition']): void => {
    if (!chosen) return;
    clearTimeout(timer.current);
    offer([]);
    draft.value = '';
    setFilter(withCondition({ ...filter.peek(), text: '' }, chosen.condition, chosen.wanted));
  };
  const choose = (one: Suggestion): void => {
    if (one.condition) apply(one.condition);
    else search(one.text);
    input.current?.focus();
  };
  const fault = searchFault.value;
  const list = offered.value;

  const onKeyDown = (event: KeyboardEvent): void => {
    const chosen = list[active.value];
    if (event.key === 'Escape') {
      if (list.length > 0) offer([]);
      else input.current?.blur();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (list.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active.value = Math.max(-1, Math.min(list.length - 1, active.value + step));
    } else if (event.key === 'Enter') {
      if (chosen) choose(chosen);
      else if (!filter.peek().regex) apply(conditionOf(draft.peek().trim()));
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class="search" role="search">
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Search events"
        aria-expanded={list.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={list[active.value] ? `${id}-${active.value}` : undefined}
        placeholder="Search, or module:shop"
        title="Press / to search"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        value={draft.value}
        maxlength={filter.value.regex ? undefined : LONGEST_TEXT}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : 'search-fault'}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => offer([])}
      />
      <ul
        id={id}
        class="suggestions"
        role="listbox"
        aria-label="Suggestions"
        hidden={list.length === 0}
      >
        {list.map((one, index) => (
          <li
            key={one.text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active.value}
            // The field keeps the focus, so the suggestions stay open until the click.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(one)}
          >
            {one.text}
          </li>
        ))}
      </ul>
      <button
        type="button"
        aria-pressed={filter.value.regex}
        aria-label="Regular expression"
        title="Regular expression"
        onClick={() => {
          startExpression(filter.value.text);
          setFilter({ ...filter.value, regex: !filter.value.regex }, 'replace');
        }}
      >
        .*
      </button>
      {fault !== undefined && (
        <p id="search-fault" class="fault" role="alert">
          {fault}
        </p>
      )}
      {!filter.value.regex && draft.value.length >= LONGEST_TEXT && (
        <p class="fault waiting" role="status">
          A search has at most {LONGEST_TEXT} characters; the rest is left out.
        </p>
      )}
      {fault === undefined && isExpressionWaiting.value && (
        <p class="fault waiting" role="status">
          This link brings a regular expression. It has not run.{' '}
          <button type="button" onClick={() => startExpression(filter.value.text)}>
            Run it
          </button>
        </p>
      )}
    </div>
  );
}

/** Values of an attribute: from the log's counts, or from the newest events of the list. */
function valuesOf(field: Field): Frequencies {
  const known = logCount.peek();
  if (field === 'severity') return [];
  if (known.status !== 'unknown' && (field === 'module' || field === 'type'))
    return known.counts[field];
  const counts = new Map<string, number>();
  for (const entry of shown.peek().slice(-LOOKED)) {
    if (entry.kind !== 'event') continue;
    const value = columnText(entry.event, field);
    if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count);
}
