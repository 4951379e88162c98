// The tools of `npm run test:chart` and `npm run test:cluster`, built from the Go
// module proxy into a versioned folder outside the repository. What is built stays;
// Go's own caches, 3 GB after Kubernetes, are removed at the end.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const KUBERNETES = '1.35.4';

/**
 * One tool: the module that holds it, its version, and the packages to build.
 * `packages` maps the name of the executable to its package.
 *
 * @typedef {{ module: string, version: string, packages: Record<string, string>,
 *   ldflags?: string[], staging?: string, godebug?: string }} Tool
 */

const [major, minor] = KUBERNETES.split('.');

/** @type {Record<string, Tool>} */
export const TOOLS = {
  helm: {
    module: 'helm.sh/helm/v4',
    version: 'v4.3.1',
    packages: { helm: 'helm.sh/helm/v4/cmd/helm' },
    // Helm takes a chart's default capabilities from the k8s.io modules it is built with.
    ldflags: ['-X helm.sh/helm/v4/internal/version.version=v4.3.1'],
  },
  kubeconform: {
    module: 'github.com/yannh/kubeconform',
    version: 'v0.8.0',
    packages: { kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform' },
  },
  'helm-unittest': {
    module: 'github.com/helm-unittest/helm-unittest',
    version: 'v1.1.2',
    packages: { untt: 'github.com/helm-unittest/helm-unittest/cmd/helm-unittest' },
  },
  kubernetes: {
    module: 'k8s.io/kubernetes',
    version: `v${KUBERNETES}`,
    packages: Object.fromEntries(
      [
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'kubectl',
        'kubelet',
        'kube-proxy',
      ].map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]),
    ),
    ldflags: [
      `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`,
      `-X k8s.io/component-base/version.gitMajor=${major}`,
      `-X k8s.io/component-base/version.gitMinor=${minor}`,
      `-X k8s.io/client-go/pkg/version.gitVersion=v${KUBERNETES}`,
    ],
    // The staging modules lie in the same repository and are published under v0.
    staging: `v0.${KUBERNETES.split('.').slice(1).join('.')}`,
    godebug: 'go1.25',
  },
  etcd: {
    module: 'go.etcd.io/etcd/server/v3',
    version: 'v3.6.16',
    packages: { etcd: 'go.etcd.io/etcd/server/v3' },
  },
  coredns: {
    module: 'github.com/coredns/coredns',
    version: 'v1.13.1',
    packages: { coredns: 'github.com/coredns/coredns' },
  },
  kwok: {
    module: 'sigs.k8s.io/kwok',
    version: 'v0.8.0',
    packages: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
  },
  contour: {
    module: 'github.com/projectcontour/contour',
    version: 'v1.33.8',
    packages: { contour: 'github.com/projectcontour/contour/cmd/contour' },
  },
  'argo-rollouts': {
    module: 'github.com/argoproj/argo-rollouts',
    version: 'v1.9.0',
    packages: {
      'rollouts-controller': 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
    },
  },
  'helm-docs': {
    module: 'github.com/norwoodj/helm-docs',
    version: 'v1.14.2',
    packages: { 'helm-docs': 'github.com/norwoodj/helm-docs/cmd/helm-docs' },
  },
  pint: {
    module: 'github.com/cloudflare/pint',
    version: 'v0.80.0',
    packages: { pint: 'github.com/cloudflare/pint/cmd/pint' },
  },
  ct: {
    module: 'github.com/helm/chart-testing/v3',
    version: 'v3.14.0',
    packages: { ct: 'github.com/helm/chart-testing/v3/ct' },
  },
};

/** The folder that the tools are kept in; $VX11_TOOLS overrides it. */
export const toolsHome = () =>
  process.env.VX11_TOOLS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vx11-tools');

/** The folder of one tool's executables, whether it is built or not. */
export const toolFolder = (name) => join(toolsHome(), `${name}-${TOOLS[name].version}`);

export const isBuilt = (name) =>
  Object.keys(TOOLS[name].packages).every((file) => existsSync(join(toolFolder(name), file)));

/**
 * Builds what is missing of the named tools.
 *
 * @param {string[]} names
 * @param {(line: string) => void} say
 * @returns {string[]} the folders to put on the PATH
 */
export function buildTools(names, say) {
  const missing = names.filter((name) => !isBuilt(name));
  if (missing.length > 0) {
    if (spawnSync('go', ['version'], { env: goEnvironment() }).status !== 0) {
      throw new Error(`Building ${missing.join(', ')} needs Go 1.26 or newer on the PATH.`);
    }
    for (const name of missing) {
      const started = performance.now();
      build(name, TOOLS[name]);
      say(
        `built ${name} ${TOOLS[name].version} in ${Math.round((performance.now() - started) / 1000)} s`,
      );
    }
    removeGoCaches();
  }
  return names.map(toolFolder);
}

const goCaches = () => join(toolsHome(), '.go');

/** Go's own caches: 3 GB after Kubernetes. */
export function removeGoCaches() {
  rmSync(goCaches(), { recursive: true, force: true });
}

/** The environment of `go`: where to find it, and caches that can be removed. */
export function goEnvironment() {
  return {
    ...process.env,
    // Where Go's own instructions install it; a CI machine's PATH may not have it.
    PATH: `${process.env.PATH}:/usr/local/go/bin`,
    GOCACHE: join(goCaches(), 'build'),
    GOMODCACHE: join(goCaches(), 'mod'),
    // Module files are read-only otherwise, and the folder could not be removed.
    GOFLAGS: `${process.env.GOFLAGS ?? ''} -modcacherw`.trim(),
    GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? 'local',
    CGO_ENABLED: '0',
  };
}

function build(name, tool) {
  const work = join(toolsHome(), '.build', name);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'bin'), { recursive: true });
  const env = goEnvironment();
  const go = (...args) => {
    const { status, stdout, stderr, error } = spawnSync('go', args, {
      cwd: work,
      env,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    if (status !== 0) {
      throw new Error(
        `go ${args[0]} of ${name} failed: ${error?.message ?? `${stdout}${stderr}`.slice(-2000)}`,
      );
    }
    return stdout;
  };
  writeFileSync(join(work, 'go.mod'), 'module vx11.test/tools\n\ngo 1.25\n');
  const { GoMod } = JSON.parse(go('mod', 'download', '-json', `${tool.module}@${tool.version}`));
  writeFileSync(join(work, 'go.mod'), ownModule(tool, readFileSync(GoMod, 'utf8')));
  const imports = Object.values(tool.packages).map((path) => `\t_ "${path}"`);
  writeFileSync(
    join(work, 'tools.go'),
    ['//go:build tools', '', 'package tools', '', 'import (', ...imports, ')', ''].join('\n'),
  );
  go('mod', 'tidy');
  const ldflags = ['-s', '-w', ...(tool.ldflags ?? [])].join(' ');
  for (const [file, path] of Object.entries(tool.packages)) {
    go('build', '-trimpath', '-ldflags', ldflags, '-o', join(work, 'bin', file), path);
  }
  rmSync(toolFolder(name), { recursive: true, force: true });
  renameSync(join(work, 'bin'), toolFolder(name));
  rmSync(work, { recursive: true, force: true });
}

/**
 * A go.mod that requires the tool and repeats the `replace` lines of the tool's own
 * go.mod, which Go ignores for every module but the main one.
 *
 * @param {Tool} tool
 * @param {string} goMod text of the tool's go.mod
 */
export function ownModule(tool, goMod) {
  const version = /^go (\S+)/m.exec(goMod)?.[1] ?? '1.25';
  const lines = [
    ...goMod.matchAll(/^\s*(?:replace\s+)?(\S+(?:[ \t]+v\S+)?)\s+=>\s+(\S+)(?:[ \t]+(v\S+))?/gm),
  ];
  const replaced = lines.flatMap(([, from, to, at]) => {
    if (at) return [`replace ${from} => ${to} ${at}`];
    return tool.staging ? [`replace ${from} => ${from} ${tool.staging}`] : [];
  });
  const staged = tool.staging
    ? [...goMod.matchAll(/^\s*(k8s\.io\/\S+) v0\.0\.0$/gm)].map(
        ([, name]) => `replace ${name} => ${name} ${tool.staging}`,
      )
    : [];
  return [
    'module vx11.test/tools',
    '',
    `go ${version}`,
    ...(tool.godebug ? ['', `godebug default=${tool.godebug}`] : []),
    '',
    `require ${tool.module} ${tool.version}`,
    '',
    ...new Set([...replaced, ...staged]),
    '',
  ].join('\n');
}
