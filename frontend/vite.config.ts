import { defineConfig } from 'vite';

// The panel in development: `npm run dev -w frontend` beside `npm start`.
const gateway = process.env['VX11_PANEL_API'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
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
