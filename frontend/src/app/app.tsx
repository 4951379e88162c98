import { useEffect, useLayoutEffect } from 'preact/hooks';
import { AuditPage } from '../audit/audit-page.js';
import { EventsPanel } from '../events/events-panel.js';
import { unseen } from '../notify/notify.js';
import { OverviewPage } from '../overview/overview-page.js';
import { PrincipalsPage } from '../principals/principals-page.js';
import { RunbooksPage } from '../runbooks/runbooks-page.js';
import { session } from '../session/session.js';
import { SignIn } from '../session/sign-in.js';
import { StreamsPage } from '../streams/streams-page.js';
import { Toast } from '../ui/toast.js';
import { Header } from './header.js';
import { NewVersion } from './new-version.js';
import { isPaletteOpen, Palette } from './palette.js';
import { route, type Page } from './route.js';
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
    </>
  );
}

function PageView({ page }: { page: Page }) {
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
