/**
 * One process of the product. A row here is all it takes to have it started,
 * supervised, and shown in the banner.
 * @typedef {object} ProcessRow
 * @property {string} name the contract's name, and the prefix of its lines
 * @property {string} entry the file to run, relative to the project (bundled from dist/ by bundle.mjs)
 * @property {string[]} [args] its arguments
 * @property {string} colour of the prefix
 * @property {string} [portVariable] environment variable with its port; absent: it listens nowhere
 * @property {number} port used when the variable is not set
 * @property {number} [portOffset] its port is so many further
 * @property {string} [scheme] of its address; http unless given
 * @property {string} [hint] what else to do when its port is in use
 * @property {string} health path that answers 200 once it serves
 * @property {RegExp} [readyLine] in place of that, for one that listens nowhere: what it writes when it is ready
 * @property {(url: string) => Promise<string>} [probe] in place of that: `ok`, or why not yet
 * @property {Record<string, string>} env added to the environment
 * @property {(keyof typeof import('./secrets.mjs').SECRETS)[]} [secrets] what it is given of the credentials in the environment
 * @property {{ name: string, portVariable: string, port: number }[]} [alsoListens] further ports of its own
 * @property {string[]} needs names of processes that must be healthy before it starts
 * @property {boolean} [endsFirst] whether it has something to tell the others as it ends
 * @property {boolean} [endsLast] whether the others need it until they have ended
 * @property {boolean} [reserve] whether its next process waits with its packages loaded
 * @property {boolean} [front] whether users go there; the banner's examples do
 * @property {[title: string, path: string][]} links shown in the banner
 */

/** The neighbours are one program, told by its argument as which it runs. */
const neighbour = (name, port) => ({
  name,
  entry: '.cache/run/neighbour.js',
  args: [name],
  colour: 'gray',
  portVariable: `VX11_${name.toUpperCase()}_PORT`,
  port,
  health: '/health',
  env: {},
  secrets: ['neighbour', 'neighbourHop', 'tracing'],
  needs: [],
  endsFirst: true,
  links: [],
});

/** @type {ProcessRow[]} */
export const processes = [
  {
    name: 'tentaculo-link',
    entry: '.cache/run/tentaculo-link.js',
    colour: 'magenta',
    portVariable: 'VX11_GATEWAY_PORT',
    port: 8000,
    health: '/health',
    env: {},
    secrets: ['principals', 'neighbour', 'hop', 'neighbourHop', 'tracing'],
    alsoListens: [
      {
        name: "tentaculo-link's metrics",
        portVariable: 'VX11_GATEWAY_METRICS_PORT',
        port: 8010,
      },
    ],
    needs: [],
    front: true,
    links: [
      ['Panel', '/operator/ui/'],
      ['API', '/operator/api'],
      ['Health', '/health'],
    ],
  },
  {
    name: 'operator-backend',
    entry: '.cache/run/operator-backend.js',
    colour: 'cyan',
    portVariable: 'VX11_BACKEND_PORT',
    port: 8011,
    health: '/health',
    env: {},
    secrets: ['principals', 'neighbour', 'hop', 'tokenKeys', 'redis', 'tracing'],
    needs: [],
    links: [
      ['API reference', '/docs'],
      ['Metrics', '/metrics'],
    ],
  },
  {
    name: 'operator-frontend',
    entry: '.cache/run/operator-frontend.js',
    colour: 'green',
    portVariable: 'VX11_FRONTEND_PORT',
    port: 8002,
    health: '/health',
    env: {},
    needs: [],
    links: [],
  },
  neighbour('madre', 8001),
  neighbour('switch', 8003),
  neighbour('hermes', 8004),
];
