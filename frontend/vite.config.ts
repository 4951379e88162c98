import { marked } from 'marked';
import { defineConfig, type Plugin } from 'vite';

// The panel in development: `npm run dev -w frontend` beside `npm start`.
const gateway = process.env['VX11_PANEL_API'] ?? 'http://127.0.0.1:8000';

/** Prose of docs/ as HTML, rendered while building: `import html from '….md'`. */
const prose: Plugin = {
  name: 'prose',
  async transform(text, id) {
    if (!id.endsWith('.md')) return undefined;
    return { code: `export default ${JSON.stringify(await marked(text))}`, map: null };
  },
};

export default defineConfig({
  plugins: [prose],
  base: '/operator/ui/',
  build: {
    target: 'es2023',
    // An inlined image would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/operator/api': gateway } },
  preview: { proxy: { '/operator/api': gateway } },
});
