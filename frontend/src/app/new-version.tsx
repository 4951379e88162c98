import { signal } from '@preact/signals';

const EVERY_MS = 60_000;
const isOutdated = signal(false);

/** The script this page runs, or the newer one it has announced; its name contains the hash of its content. */
let known = scriptOf(document);
let checkedAt = Date.now();

setInterval(() => void check(), EVERY_MS);
document.addEventListener('visibilitychange', () => void check());

/** Checks whether the server's page names another script; mostly the server answers 304. */
async function check(): Promise<void> {
  if (document.hidden || Date.now() - checkedAt < EVERY_MS / 2) return;
  checkedAt = Date.now();
  const response = await fetch(location.pathname, { cache: 'no-cache' }).catch(() => undefined);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const offered = scriptOf(page);
  if (offered === undefined || offered === known) return;
  known = offered;
  isOutdated.value = true;
}

function scriptOf(page: Document): string | undefined {
  return page.querySelector('script[type=module][src]')?.getAttribute('src') ?? undefined;
}

/** Announces a new version; the operator decides when to load it. */
export function NewVersion() {
  if (!isOutdated.value) return null;
  return (
    <div class="banner" role="status">
      A new version of this panel is available.
      <button type="button" onClick={() => location.reload()}>
        Reload
      </button>
      <button type="button" class="quiet" onClick={() => (isOutdated.value = false)}>
        Later
      </button>
    </div>
  );
}
