import { useEffect, useLayoutEffect } from 'preact/hooks';
import { EventsPanel } from '../events/events-panel.js';
import { unseen } from '../notify/notify.js';
import { may, session, type Scope } from '../session/session.js';
import { SignIn } from '../session/sign-in.js';
import { ShownOnce } from '../ui/shown-once.js';
import { Toast } from '../ui/toast.js';
import { Header } from './header.js';
import { lazyPage } from './lazy-page.js';
import { NewVersion } from './new-version.js';
import { isPaletteOpen, Palette } from './palette.js';
import { navigate, PAGES, route, type Page } from './route.js';
import { addShortcuts, isHelpOpen } from './shortcuts.js';
import { ShortcutsDialog } from './shortcuts-dialog.js';

const TITLES: Record<Page, string> = {
  events: 'Events',
  overview: 'Overview',
  streams: 'Streams',
  principals: 'Principals',
  audit: 'Audit',
  runbooks: 'Runbooks',
};

const OverviewPage = lazyPage(
  TITLES.overview,
  async () => (await import('../overview/overview-page.js')).OverviewPage,
);
const PrincipalsPage = lazyPage(
  TITLES.principals,
  async () => (await import('../principals/principals-page.js')).PrincipalsPage,
);
const StreamsPage = lazyPage(
  TITLES.streams,
  async () => (await import('../streams/streams-page.js')).StreamsPage,
);
const AuditPage = lazyPage(
  TITLES.audit,
  async () => (await import('../audit/audit-page.js')).AuditPage,
);
const RunbooksPage = lazyPage(
  TITLES.runbooks,
  async () => (await import('../runbooks/runbooks-page.js')).RunbooksPage,
);

export function App() {
  const isSignedIn = session.value.status === 'in';
  const isResuming = session.value.status === 'resuming';
  const { page } = route.value;
  const title = isSignedIn ? TITLES[page] : 'Sign in';
  const number = unseen.value;
  useEffect(() => {
    document.title = `${number > 0 ? `(${number}) ` : ''}${title} · VX11 Operator`;
  }, [title, number]);
  return (
    <>
      <NewVersion />
      {isSignedIn ? <SignedIn page={page} /> : isResuming ? null : <SignIn />}
      <Toast />
    </>
  );
}

function SignedIn({ page }: { page: Page }) {
  useLayoutEffect(() => {
    // An address without a page leads to the first one that this principal may see.
    const first = PAGES.find(isOpen) ?? 'events';
    if (location.hash === '') navigate({ page: first, params: new URLSearchParams() }, 'replace');
  }, []);
  useLayoutEffect(
    () =>
      addShortcuts({
        '?': () => (isHelpOpen.value = true),
        'Ctrl+K': () => (isPaletteOpen.value = true),
      }),
    [],
  );
  return (
    <>
      <Header />
      <PageView page={page} />
      <ShortcutsDialog />
      <Palette />
      <ShownOnce />
    </>
  );
}

/** The scope without which a page shows nothing, and what it would show. */
const NEEDS: Readonly<Record<Page, readonly [scope: Scope, what: string] | undefined>> = {
  events: ['events:read', 'read events'],
  overview: ['events:read', 'see the overview'],
  streams: ['streams:admin', 'see the streams'],
  principals: ['streams:admin', 'see the principals'],
  audit: ['audit:read', 'read the audit trail'],
  runbooks: undefined,
};

function isOpen(page: Page): boolean {
  const need = NEEDS[page];
  return need === undefined || may(need[0]);
}

function PageView({ page }: { page: Page }) {
  const need = NEEDS[page];
  if (need && !isOpen(page)) {
    const [scope, what] = need;
    return (
      <main class="page">
        <h1>{TITLES[page]}</h1>
        <p class="notice">
          This principal may not {what}: it lacks the scope {scope}.
        </p>
      </main>
    );
  }
  switch (page) {
    case 'events':
      return <EventsPanel />;
    case 'overview':
      return <OverviewPage />;
    case 'principals':
      return <PrincipalsPage />;
    case 'streams':
      return <StreamsPage />;
    case 'audit':
      return <AuditPage />;
    case 'runbooks':
      return <RunbooksPage />;
    default:
      return page satisfies never;
  }
}
