import { signal } from '@preact/signals';

const EVERY_MS = 60_000;
const isOutdated = signal(false);

/** The script this page runs, or the newer one it has announced; its name holds the hash of its content. */
let known = scriptOf(document);
let checkedAt = Date.now();

setInterval(() => void check(), EVERY_MS);
document.addEventListener('visibilitychange', () => void check());

/** Asks whether the server's page now names another script: the server confirms it by ETag, mostly. */
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

/** Says that a new version is there; the operator decides when to take it. */
export function NewVersion() {
  if (!isOutdated.value) return null;
  return (
    <div class="banner" role="status">
      A new version of this panel is there. Reloading signs you out.
      <button type="button" onClick={() => location.reload()}>
        Reload
      </button>
      <button type="button" class="quiet" onClick={() => (isOutdated.value = false)}>
        Later
      </button>
    </div>
  );
}
