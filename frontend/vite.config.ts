import { marked } from 'marked';
import { defineConfig, type Plugin } from 'vite';

// Where the API is, when Vite serves the panel without the gateway before it.
const gateway = process.env['VX11_PANEL_API'] ?? 'http://127.0.0.1:8000';

/** Prose of docs/ as HTML, rendered while building: `import html from '….md'`. */
const prose: Plugin = {
  name: 'prose',
  async transform(text, id) {
    if (!id.endsWith('.md')) return undefined;
    return { code: `export default ${JSON.stringify(await marked(text))}`, map: null };
  },
};

/** `npm run dev` starts Vite in the place of operator-frontend, so it answers its health check. */
const health: Plugin = {
  name: 'health',
  configureServer({ middlewares }) {
    middlewares.use('/health', (_req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end('{"status":"ok","service":"operator-frontend"}');
    });
  },
};

/** `npm run dev`: the page comes through the gateway, which carries no WebSocket. */
const hmrPort = process.env['VX11_PANEL_HMR_PORT'];

// The built page links to its files relatively, so it works below any path (VX11_PUBLIC_PATH).
export default defineConfig(({ command }) => ({
  plugins: [prose, health],
  base: command === 'build' ? './' : '/operator/ui/',
  build: {
    target: 'es2023',
    // An inlined image would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // What the page needs at once is one file: it compresses better than ten.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
  },
  server: {
    proxy: { '/operator/api': gateway },
    ...(hmrPort === undefined ? {} : { hmr: { clientPort: Number(hmrPort) } }),
  },
  preview: { proxy: { '/operator/api': gateway } },
}));
