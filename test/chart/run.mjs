/**
 * npm run test:chart: the chart as Helm 4 renders it, for every file in ci/, against the
 * schemas of three Kubernetes versions and of the custom resources, its unit tests, `ct lint`,
 * and what is generated of it. Installs the tools that it lacks into ~/.cache/vx11-tools first
 * (some minutes on two cores). The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, refuseArguments, root } from '../../scripts/lib/bootstrap.mjs';
import { buildTools, toolsHome } from '../../scripts/lib/cluster-tools.mjs';
import { pythonTool } from '../../scripts/lib/python-tools.mjs';

refuseArguments();
await bootstrap(import.meta.url);
const { summary } = await import('../../scripts/lib/run-steps.mjs');
const { customResources } = await import('../../scripts/lib/custom-resources.mjs');

const CHART = join(root, 'helm/vx11-operator');
const VERSIONS = ['1.33.0', '1.35.0', '1.37.0'];
const VALIDATOR = 'kubernetes-validate==1.37.0';
const say = (line) => console.log(line);

const started = performance.now();
const folders = [
  ...buildTools(['helm', 'kubeconform', 'helm-unittest', 'helm-docs', 'ct'], say),
  pythonTool('ct-lint', say),
];
const env = { ...process.env, PATH: `${folders.join(':')}:${process.env.PATH}` };
const resources = customResources(say);
const schemas = strictSchemas();
const ready = performance.now();
let passed = 0;
let failed = 0;

step('values.schema.json is generated from values.yaml', 'node', ['scripts/chart.mjs', '--check']);
for (const one of readdirSync(join(CHART, 'ci'))) {
  const file = join(CHART, 'ci', one);
  const name = one.replace('-values.yaml', '');
  step(`${name}: helm lint --strict`, 'helm', ['lint', '--strict', '--quiet', CHART, '-f', file]);
  const rendered = step(`${name}: helm template`, 'helm', [
    'template',
    'vx11',
    CHART,
    '-n',
    'vx11',
    '-f',
    file,
    '--api-versions',
    'monitoring.coreos.com/v1',
  ]);
  for (const version of VERSIONS) {
    step(
      `${name}: strict schemas of Kubernetes ${version}`,
      'kubeconform',
      [
        '-strict',
        '-kubernetes-version',
        version,
        '-schema-location',
        resources.schemas,
        '-schema-location',
        `${schemas}/{{.NormalizedKubernetesVersion}}-local-strict/{{.ResourceKind}}{{.KindSuffix}}.json`,
        '-summary',
        '-',
      ],
      rendered,
    );
  }
}
step('ct lint', 'ct', [
  'lint',
  '--charts',
  'helm/vx11-operator',
  '--chart-yaml-schema',
  'test/chart/chart-schema.yaml',
  '--lint-conf',
  'test/chart/lintconf.yaml',
  // The version is one for the whole product, and no remote has the maintainers' accounts.
  '--check-version-increment=false',
  '--validate-maintainers=false',
]);
step('helm-unittest', 'untt', [CHART]);
const before = readFileSync(join(CHART, 'README.md'), 'utf8');
step('helm-docs', 'helm-docs', ['--chart-search-root', CHART, '--log-level', 'error']);
if (readFileSync(join(CHART, 'README.md'), 'utf8') !== before)
  report('README.md is what helm-docs makes', false);
const seconds = (from, to) => Math.round((to - from) / 1000);
console.log(
  `${seconds(ready, performance.now())} s, after ${seconds(started, ready)} s for the tools`,
);
console.log(summary([{ passed, failed }]).line);
process.exit(failed === 0 ? 0 : 1);

function step(claim, program, args, input) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  report(
    claim,
    status === 0,
    `${error?.message ?? ''}${status === 0 ? '' : `${stdout.slice(-3000)}${stderr}`}`,
  );
  return stdout;
}

function report(claim, ok, text = '') {
  console.log(`${ok ? '✓' : '✗'} ${claim}${text && `\n${text}`}`);
  if (ok) passed += 1;
  else failed += 1;
}

/** The strict schemas of the PyPI package: a field that Kubernetes does not know is a fault. */
function strictSchemas() {
  const target = join(toolsHome(), `schemas-${VALIDATOR.replace('==', '-')}`);
  const source = join(target, 'kubernetes_validate/kubernetes-json-schema');
  const done = join(target, '.installed');
  if (existsSync(done)) return source;
  mkdirSync(target, { recursive: true });
  const { status, stderr } = spawnSync(
    'python3',
    ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, '--upgrade', VALIDATOR],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The schemas cannot be installed: ${stderr}`);
  // The package resolves its references under a name of its own; kubeconform by the file.
  for (const version of VERSIONS) {
    const directory = join(source, `v${version}-local-strict`);
    for (const name of readdirSync(directory)) {
      const { $id: _, ...schema } = JSON.parse(readFileSync(join(directory, name), 'utf8'));
      const own = JSON.stringify(schema).replaceAll(
        '"/api/_definitions.json',
        '"_definitions.json',
      );
      writeFileSync(join(directory, name), own);
    }
  }
  writeFileSync(done, '');
  return source;
}
