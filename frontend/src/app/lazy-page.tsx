import type { ComponentType } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';

/**
 * A page whose code is loaded when it is first visited. Only the code of the events page is
 * loaded at once.
 */
export function lazyPage(title: string, load: () => Promise<ComponentType>): ComponentType {
  let page: ComponentType | undefined;
  let failed = false;
  return function Lazy() {
    const [, rerender] = useReducer((turn: number) => turn + 1, 0);
    const fetchPage = (): void => {
      failed = false;
      load()
        .then(
          (loaded) => (page = loaded),
          () => (failed = true),
        )
        .finally(() => rerender(undefined));
    };
    useEffect(() => {
      if (!page) fetchPage();
    }, []);
    if (page) {
      const Page = page;
      return <Page />;
    }
    return (
      <main class="page">
        <h1>{title}</h1>
        {failed ? (
          <p class="notice" role="alert">
            This page could not be loaded. The server cannot be reached, or it has a newer version:
            then reload the panel.{' '}
            <button type="button" onClick={fetchPage}>
              Try again
            </button>
          </p>
        ) : (
          <p class="muted" role="status">
            Loading…
          </p>
        )}
      </main>
    );
  };
}
