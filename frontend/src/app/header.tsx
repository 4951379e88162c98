import { ConnectionStatus } from '../events/connection/connection-status.js';
import { eventsParams } from '../events/settings.js';
import { NotifyMenu } from '../notify/notify-menu.js';
import { may, signOut } from '../session/session.js';
import { KeyboardIcon, Mark, OutIcon } from '../ui/icons.js';
import { hrefOf, route, type Page } from './route.js';
import { isHelpOpen } from './shortcuts.js';
import { ThemeMenu } from './theme-menu.js';

const LINKS: readonly (readonly [Page, string])[] = [
  ['events', 'Events'],
  ['overview', 'Overview'],
  ['streams', 'Streams'],
  ['principals', 'Principals'],
  ['audit', 'Audit'],
];

export function Header() {
  const hasStream = may('events:read');
  return (
    <header class="top">
      <span class="brand">
        <Mark />
        VX11 Operator
      </span>
      <nav aria-label="Pages">
        {LINKS.map(([page, label]) => (
          <a
            key={page}
            href={hrefOf(page, page === 'events' ? eventsParams.value : undefined)}
            aria-current={route.value.page === page ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <span class="spacer" />
      {hasStream && <ConnectionStatus />}
      <button
        type="button"
        class="menu-button keyboard"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => (isHelpOpen.value = true)}
      >
        <KeyboardIcon />
      </button>
      {hasStream && <NotifyMenu />}
      <ThemeMenu />
      <button
        type="button"
        class="menu-button"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void signOut()}
      >
        <OutIcon />
      </button>
    </header>
  );
}
