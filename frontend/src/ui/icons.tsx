import type { ComponentChildren } from 'preact';

/** All icons are decoration: the word next to them, or the button's label, says the same. */
function Icon({ children, class: name = '' }: { children: ComponentChildren; class?: string }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Mark = () => (
  <Icon class="mark">
    <path d="M2.5 3.5 7 13h2l4.5-9.5" fill="none" stroke="currentColor" stroke-width="1.8" />
    <circle cx="8" cy="4.5" r="1.7" />
  </Icon>
);

export const ThemeIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
  </Icon>
);

export const BellIcon = () => (
  <Icon>
    <path
      d="M8 2a4 4 0 0 0-4 4v3l-1.5 2.5h11L12 9V6a4 4 0 0 0-4-4zM6.5 13.5h3"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
    />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m4 4 8 8m0-8-8 8" fill="none" stroke="currentColor" stroke-width="1.6" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon>
    <path d="M4 3h3v10H4zM9 3h3v10H9z" />
  </Icon>
);

export const PlayIcon = () => (
  <Icon>
    <path d="m4 2.5 9 5.5-9 5.5z" />
  </Icon>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" fill="none" stroke="currentColor" stroke-width="1.6" />
  </Icon>
);

export const MinusIcon = () => (
  <Icon>
    <path d="M3 8h10" fill="none" stroke="currentColor" stroke-width="1.6" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" fill="none" stroke="currentColor" stroke-width="1.4" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon class="chevron">
    <path d="m4 6 4 4 4-4" fill="none" stroke="currentColor" stroke-width="1.6" />
  </Icon>
);

export const KeyboardIcon = () => (
  <Icon>
    <path
      d="M1.5 4h13v8h-13zM4 6.5h1m2 0h1m2 0h1M5 9.5h6"
      fill="none"
      stroke="currentColor"
      stroke-width="1.3"
    />
  </Icon>
);

export const OutIcon = () => (
  <Icon>
    <path
      d="M6.5 2.5h-4v11h4M6 8h8m-3-3 3 3-3 3"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
    />
  </Icon>
);

/** The state of a connection or a service: full, half, crossed, hollow. */
export function StateIcon({ tone }: { tone: 'good' | 'wait' | 'bad' | 'off' }) {
  return <Icon class={`state-icon ${tone}`}>{STATES[tone]}</Icon>;
}

const STATES = {
  good: <circle cx="8" cy="8" r="5" />,
  wait: (
    <>
      <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M8 3a5 5 0 0 1 0 10z" />
    </>
  ),
  bad: <path d="m3.5 3.5 9 9m0-9-9 9" fill="none" stroke="currentColor" stroke-width="2.4" />,
  off: <circle cx="8" cy="8" r="4.6" fill="none" stroke="currentColor" stroke-width="1.6" />,
};
