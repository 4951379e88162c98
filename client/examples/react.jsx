import { createSharedEventsClient } from '@vx11/events-client/shared';
import { useEvents } from '@vx11/events-client/react';
import { createRoot } from 'react-dom/client';

// One client for the page, outside of the components: they come and go, the stream stays.
const client = createSharedEventsClient({
  baseUrl: globalThis.VX11_URL ?? '/',
  // Called for each 60-second token: return the token that your sign-in keeps in memory.
  token: () => globalThis.principalToken(),
  identity: 'example',
  filter: { severity: ['error', 'critical'] },
});

function Events() {
  const { events, state } = useEvents(client, { limit: 100 });
  return (
    <>
      <p>{state.status}</p>
      <ul>
        {events.map(({ position, severity, type }) => (
          <li key={position}>
            {severity} {type}
          </li>
        ))}
      </ul>
    </>
  );
}

createRoot(document.body).render(<Events />);
