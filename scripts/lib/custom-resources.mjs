// Files of other projects, taken from their Go modules: the definitions of the custom resources
// that the chart can make, for an API server and as strict JSON schemas, and kwok's stages.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goEnvironment, removeGoCaches, toolsHome } from './cluster-tools.mjs';

const GATEWAY_API = 'config/crd/standard/gateway.networking.k8s.io';
const MONITORING = 'example/prometheus-operator-crd/monitoring.coreos.com';

/** Files of each module, at its version. */
const MODULES = {
  'sigs.k8s.io/gateway-api@v1.3.0': [
    `${GATEWAY_API}_gatewayclasses.yaml`,
    `${GATEWAY_API}_gateways.yaml`,
    `${GATEWAY_API}_httproutes.yaml`,
  ],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    `${MONITORING}_podmonitors.yaml`,
    `${MONITORING}_prometheusrules.yaml`,
  ],
  'github.com/kedacore/keda/v2@v2.18.0': ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  'github.com/argoproj/argo-rollouts@v1.9.0': [
    'manifests/crds/rollout-crd.yaml',
    'manifests/crds/analysis-template-crd.yaml',
    'manifests/crds/analysis-run-crd.yaml',
    'manifests/crds/cluster-analysis-template-crd.yaml',
    'manifests/crds/experiment-crd.yaml',
  ],
  'sigs.k8s.io/kwok@v0.8.0': [
    'kustomize/stage/node/fast/node-initialize.yaml',
    'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
    'kustomize/stage/pod/fast/pod-ready.yaml',
    'kustomize/stage/pod/fast/pod-delete.yaml',
  ],
  // What Contour needs besides: its own resources and the Gateway API's experimental ones.
  'github.com/projectcontour/contour@v1.33.8': [
    'examples/contour/01-crds.yaml',
    'examples/gateway/00-crds.yaml',
  ],
};

/**
 * Downloads the definitions once.
 * @param {(line: string) => void} say
 * @returns {{ files: Record<string, string[]>, schemas: string }} the YAML files by module
 * without its version, and the location of the schemas for kubeconform
 */
export function customResources(say) {
  const versions = Object.keys(MODULES).map((module) => module.split('@')[1]);
  const target = join(toolsHome(), `custom-resources-${versions.join('-')}`);
  const done = join(target, '.installed');
  if (!existsSync(done)) {
    const started = performance.now();
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const [module, files] of Object.entries(MODULES)) {
      const directory = download(target, module);
      mkdirSync(folderOf(target, module));
      for (const file of files) {
        copyFileSync(join(directory, file), join(folderOf(target, module), basename(file)));
      }
    }
    removeGoCaches();
    // Contour's copy of the Gateway API would replace the standard one.
    for (const file of definitions(target).slice(0, -1).flat()) writeSchemas(target, file);
    writeFileSync(done, '');
    say(`custom resources in ${Math.round((performance.now() - started) / 1000)} s`);
  }
  return {
    files: Object.fromEntries(
      Object.keys(MODULES).map((module, index) => [
        module.split('@')[0],
        definitions(target)[index],
      ]),
    ),
    schemas: `${target}/{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
  };
}

const folderOf = (target, module) => join(target, module.replaceAll(/[^\w.@-]/g, '_'));

function definitions(target) {
  return Object.entries(MODULES).map(([module, files]) =>
    files.map((file) => join(folderOf(target, module), basename(file))),
  );
}

function download(cwd, module) {
  writeFileSync(join(cwd, 'go.mod'), 'module vx11.test/resources\n\ngo 1.25\n');
  const args = ['mod', 'download', '-json', module];
  const text = execFileSync('go', args, { cwd, env: goEnvironment(), encoding: 'utf8' });
  return JSON.parse(text).Dir;
}

function writeSchemas(target, file) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const { kind, spec } = document.toJS({ maxAliasCount: -1 }) ?? {};
    if (kind !== 'CustomResourceDefinition') continue;
    for (const { name, schema } of spec.versions) {
      if (!schema?.openAPIV3Schema) continue;
      const path = `${spec.group}_${spec.names.kind.toLowerCase()}_${name}.json`;
      writeFileSync(join(target, path), JSON.stringify(strict(schema.openAPIV3Schema, true)));
    }
  }
}

/** A field that the definition does not know is a fault; an API server would drop it. */
function strict(schema, isRoot = false) {
  if (Array.isArray(schema)) return schema.map((one) => strict(one));
  if (schema === null || typeof schema !== 'object') return schema;
  const own = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' ? mapped(value) : NESTED.has(key) ? strict(value) : value,
    ]),
  );
  // The API server's own fields of an object are not in the definition.
  if (isRoot) own.properties = { ...own.properties, metadata: { type: 'object' } };
  const open = schema['x-kubernetes-preserve-unknown-fields'];
  if (own.properties && !open && own.additionalProperties === undefined) {
    own.additionalProperties = false;
  }
  if (schema['x-kubernetes-int-or-string']) {
    delete own.anyOf;
    delete own.type;
    own.type = ['integer', 'string'];
  }
  return own;
}

/** Keywords whose values are schemas that describe further fields. */
const NESTED = new Set(['items', 'additionalProperties']);
const mapped = (properties) =>
  Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)]));
