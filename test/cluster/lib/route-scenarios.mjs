// What needs the definitions of custom resources: every example of the chart at a real API
// server, and the HTTPRoute carried by a real controller (Contour) and its proxy (Envoy).
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTools } from '../../../scripts/lib/cluster-tools.mjs';
import { pythonTool } from '../../../scripts/lib/python-tools.mjs';
import { root } from '../../../scripts/lib/bootstrap.mjs';
import { define } from './definitions.mjs';
import { NAMESPACE } from './system.mjs';

const CHART = join(root, 'helm/vx11-operator');
const GATEWAYS = 'gateways';
/** Contour adds 8000 to a port that only root may open. */
const URL = 'http://127.0.0.1:8080';
/** Envoy ends a request after 15 seconds unless the route says otherwise. */
const LONGER_THAN_ENVOY_S = 25;
/** curl's exit code when it ends a transfer that has not ended by itself. */
const CURL_TIMED_OUT = 28;

/** Runs Contour and Envoy next to the node, as they would run as pods. */
async function startContour({ cluster }) {
  const [folder] = buildTools(['contour'], cluster.say);
  const contour = join(folder, 'contour');
  const envoy = join(pythonTool('envoy', cluster.say), 'envoy');
  const file = (name) => join(cluster.home, name);
  writeFileSync(
    file('contour.yaml'),
    JSON.stringify({ gateway: { gatewayRef: { namespace: GATEWAYS, name: 'public' } } }),
  );
  cluster.background('contour', contour, [
    'serve',
    '--insecure',
    '--disable-leader-election',
    `--kubeconfig=${file('admin.conf')}`,
    `--config-path=${file('contour.yaml')}`,
    '--xds-address=127.0.0.1',
    '--xds-port=18001',
    '--http-address=127.0.0.1',
    '--http-port=18002',
    '--health-address=127.0.0.1',
    '--health-port=18002',
    '--debug-http-address=127.0.0.1',
    '--debug-http-port=18003',
  ]);
  cluster.run(contour, [
    'bootstrap',
    file('envoy.json'),
    '--xds-address=127.0.0.1',
    '--xds-port=18001',
    `--admin-address=${file('envoy-admin.sock')}`,
  ]);
  cluster.background('envoy', envoy, [
    '-c',
    file('envoy.json'),
    '--service-cluster',
    'vx11',
    '--service-node',
    'node1',
    '--log-level',
    'warning',
  ]);
}

function makeGateway(cluster) {
  const api = 'gateway.networking.k8s.io/v1';
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: GATEWAYS } },
    {
      apiVersion: api,
      kind: 'GatewayClass',
      metadata: { name: 'contour' },
      spec: { controllerName: 'projectcontour.io/gateway-controller' },
    },
    {
      apiVersion: api,
      kind: 'Gateway',
      metadata: { name: 'public', namespace: GATEWAYS },
      spec: {
        gatewayClassName: 'contour',
        listeners: [
          {
            name: 'http',
            protocol: 'HTTP',
            port: 80,
            allowedRoutes: { namespaces: { from: 'All' } },
          },
        ],
      },
    },
  ];
  cluster.run('kubectl', ['apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });
}

function accepted(cluster) {
  const { status } = cluster.get('httproute', 'vx11-operator', '-n', NAMESPACE);
  const conditions = status?.parents?.[0]?.conditions ?? [];
  return ['Accepted', 'ResolvedRefs'].every((type) =>
    conditions.some((one) => one.type === type && one.status === 'True'),
  );
}

/** One connection through Envoy for longer than its own limit. @returns the events on it */
async function holdsStream({ cluster, system }) {
  const child = cluster.spawn(
    'curl',
    [
      '-sSN',
      '--max-time',
      String(LONGER_THAN_ENVOY_S),
      '-H',
      `X-VX11-Token: ${system.token}`,
      `${URL}/operator/api/events/stream?type=cluster.load`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const events = text.match(/^id: /gm)?.length ?? 0;
  if (code !== CURL_TIMED_OUT || events === 0) {
    throw new Error(`The stream through Envoy ended by itself: ${code}, ${text.slice(-500)}`);
  }
  return events;
}

export const routeScenarios = {
  /** Everything that `helm template` makes of each example, judged by the API server. */
  async 'custom-resources'({ cluster }) {
    define(
      cluster,
      'sigs.k8s.io/gateway-api',
      'github.com/prometheus-operator/prometheus-operator',
      'github.com/kedacore/keda/v2',
      'github.com/argoproj/argo-rollouts',
    );
    // A pod is refused without its account, which a dry run does not make.
    cluster.kubectl('-n', 'default', 'create', 'serviceaccount', 'vx11-vx11');
    const kinds = new Set();
    for (const one of readdirSync(join(CHART, 'ci'))) {
      const input = cluster.run('helm', [
        'template',
        'vx11',
        CHART,
        '-n',
        'default',
        '-f',
        join(CHART, 'ci', one),
      ]).stdout;
      const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-n'];
      const { stdout } = cluster.run('kubectl', [...args, 'default', '-f', '-'], { input });
      for (const [, kind] of stdout.matchAll(/^([a-z]+)\.\S+\.\S*\/\S+ serverside-applied/gm))
        kinds.add(kind);
    }
    return { accepted: [...kinds].toSorted((a, b) => a.localeCompare(b)) };
  },

  async 'gateway-api'(context) {
    const { cluster, system } = context;
    define(cluster, 'github.com/projectcontour/contour');
    makeGateway(cluster);
    await startContour(context);
    const figures = {};
    for (const streamToBackend of [false, true]) {
      const set = [
        'gatewayApi.enabled=true',
        'gatewayApi.parentRefs[0].name=public',
        `gatewayApi.parentRefs[0].namespace=${GATEWAYS}`,
        `gatewayApi.streamToBackend=${streamToBackend}`,
      ].flatMap((value) => ['--set', value]);
      system.helm(...system.chart('upgrade', 'v1', ...set, '--wait', '--timeout', '300s'));
      await cluster.until('Contour has accepted the route', () => accepted(cluster));
      await cluster.until('the Gateway carries requests', () =>
        cluster.succeeds('curl', ['-sf', `${URL}/operator/api/health`]),
      );
      await system.smoke(URL);
      const name = streamToBackend ? 'eventsStraightToBackend' : 'eventsThroughGateway';
      figures[name] = await holdsStream(context);
    }
    system.helm(...system.chart('upgrade', 'v1', '--wait', '--timeout', '300s'));
    return figures;
  },
};
