import { useEffect, useRef, useState } from 'preact/hooks';
import { hrefOf, route } from '../app/route.js';

/** docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md, shown next to the figures: during an incident the wiki may be down too. */
export function RunbooksPage() {
  const article = useRef<HTMLElement>(null);
  const [html, setHtml] = useState<string>();
  const wanted = route.value.params.get('of');

  useEffect(() => {
    void import('../../../docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md').then((module) =>
      setHtml(module.default),
    );
  }, []);

  useEffect(() => {
    const headings = [...(article.current?.querySelectorAll('h2') ?? [])];
    const heading = headings.find(({ textContent }) => textContent === wanted);
    for (const one of headings) one.toggleAttribute('data-wanted', one === heading);
    heading?.scrollIntoView();
    // A command wider than the page can be scrolled with the keyboard.
    for (const block of article.current?.querySelectorAll('pre') ?? []) block.tabIndex = 0;
  }, [html, wanted]);

  return (
    <main class="page">
      <p>
        <a href={hrefOf('overview')}>Back to the overview</a>
      </p>
      {html === undefined ? (
        <p class="muted">Loading…</p>
      ) : (
        // Our own text, rendered when the panel was built.
        <article ref={article} class="prose" dangerouslySetInnerHTML={{ __html: html }} />
      )}
    </main>
  );
}
