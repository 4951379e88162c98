import { createSharedEventsClient } from '@vx11/events-client/shared';
import { createEventsStore } from '@vx11/events-client/store';

const client = createSharedEventsClient({
  baseUrl: globalThis.VX11_URL ?? '/',
  // Called for each 60-second token: return the token that your sign-in keeps in memory.
  token: () => globalThis.principalToken(),
  identity: 'example',
  filter: { severity: ['error', 'critical'] },
});

const store = createEventsStore(client, { limit: 100 });
store.subscribe(() => {
  const { events, state } = store.getSnapshot();
  document.querySelector('#state').textContent = state.status;
  const lines = events.map(({ severity, type }) => {
    const line = document.createElement('li');
    // As text: what a producer wrote must not become markup.
    line.textContent = `${severity} ${type}`;
    return line;
  });
  document.querySelector('#events').replaceChildren(...lines);
});
