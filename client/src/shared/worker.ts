import { type Locks, tabLock } from './locks.js';
import { createWorkerHub, type TabPort } from './worker-hub.js';

/** The script of the shared worker. */
const scope = globalThis as unknown as {
  addEventListener(type: 'connect', listener: (event: { ports: [TabPort] }) => void): void;
  navigator: { locks?: Locks };
};

const connect = createWorkerHub((tab, run) => {
  // Each tab holds a lock for as long as it lives; the worker gets it when the tab is gone.
  void scope.navigator.locks?.request(tabLock(tab), run);
});

scope.addEventListener('connect', ({ ports: [port] }) => connect(port));
