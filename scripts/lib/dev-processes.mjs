import { baseUrlOf, portOf } from './addresses.mjs';
import { processes } from './processes.mjs';

/** Nest's own compiler in watch mode: src/ to dist/, each file as it is saved. */
const compiler = {
  name: 'compiler',
  entry: 'node_modules/@nestjs/cli/bin/nest.js',
  args: ['build', '--watch'],
  colour: 'yellow',
  readyLine: /Successfully compiled|Failed to compile/,
  env: {},
  needs: [],
  links: [],
};

/**
 * The processes of `npm start` for development: ours from dist/, where each is restarted
 * when a file that it imports changes; the panel from Vite, which brings each change into
 * the open page: styles in place, components by loading the page again.
 * @returns {import('./processes.mjs').ProcessRow[]}
 */
export function devProcesses(env) {
  const rows = processes.map((row) =>
    row.name === 'operator-frontend' ? panel(row, env) : fromDist(row),
  );
  return [...rows, compiler];
}

function fromDist(row) {
  const entry = row.entry.replace(/^.*\//, 'dist/');
  // The largest program, and the one that is changed most.
  return { ...row, entry, needs: [compiler.name], reserve: row.name === 'operator-backend' };
}

function panel(row, env) {
  const { hostname } = new URL(baseUrlOf(row, env));
  const port = String(portOf(row, env));
  return {
    ...row,
    entry: 'node_modules/vite/bin/vite.js',
    args: ['frontend', '--host', hostname, '--port', port, '--strictPort', '--clearScreen=false'],
    // A page that came through the gateway opens its hot-reload socket at Vite itself.
    env: { ...row.env, VX11_PANEL_HMR_PORT: port },
  };
}
