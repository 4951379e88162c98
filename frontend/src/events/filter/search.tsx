import { useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { addShortcuts } from '../../app/shortcuts.js';
import {
  filter,
  isExpressionWaiting,
  searchFault,
  setFilter,
  startExpression,
} from '../settings.js';

/** The list is searched when the typing pauses for this long. */
const PAUSE_MS = 150;

export function Search() {
  const input = useRef<HTMLInputElement>(null);
  const draft = useSignal(filter.value.text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // Back and forward change the address, and with it what is searched.
  useSignalEffect(() => {
    draft.value = filter.value.text;
  });
  useLayoutEffect(() => {
    const focus = () => {
      input.current?.focus();
      input.current?.select();
    };
    return addShortcuts({ '/': focus });
  }, []);

  const search = (text: string): void => {
    draft.value = text;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      startExpression(text);
      setFilter({ ...filter.value, text }, 'replace');
    }, PAUSE_MS);
  };
  const fault = searchFault.value;

  return (
    <div class="search" role="search">
      <input
        ref={input}
        type="search"
        aria-label="Search events"
        placeholder="Search  ( / )"
        spellcheck={false}
        autocapitalize="off"
        value={draft.value}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : 'search-fault'}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
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
