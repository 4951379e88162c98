// The files that make one machine a Kubernetes cluster: certificates, kubeconfigs, and the
// settings of containerd, the kubelet, kube-proxy, CNI, CoreDNS and Prometheus.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The node's address, in a network namespace of its own: no other network can reach it. */
export const NODE_IP = '10.88.255.1';
export const API = 'https://127.0.0.1:26443';

/** Makes all files below `home`. */
export function writeSettings(home) {
  mkdirSync(join(home, 'pki'), { recursive: true });
  mkdirSync(join(home, 'cni'), { recursive: true });
  writeCertificates(join(home, 'pki'));
  for (const [file, certificate] of Object.entries({
    'admin.conf': 'admin',
    'kcm.conf': 'kcm',
    'scheduler.conf': 'scheduler',
    'proxy.conf': 'proxy',
    'node1.conf': 'node1',
  })) {
    writeFileSync(join(home, file), kubeconfig(join(home, 'pki'), certificate));
  }
  for (const [file, text] of Object.entries(files(home))) writeFileSync(join(home, file), text);
}

function openssl(cwd, ...args) {
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

function writeCertificates(pki) {
  openssl(
    pki,
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=vx11-test-ca',
  );
  openssl(pki, 'genrsa', '-out', 'sa.key', '2048');
  openssl(pki, 'rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  const names = `IP:127.0.0.1,IP:${NODE_IP},IP:10.96.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc`;
  sign(pki, 'apiserver', '/CN=kube-apiserver', names);
  sign(pki, 'admin', '/O=system:masters/CN=admin');
  sign(pki, 'kcm', '/CN=system:kube-controller-manager');
  sign(pki, 'scheduler', '/CN=system:kube-scheduler');
  sign(pki, 'proxy', '/CN=system:kube-proxy');
  sign(pki, 'external-metrics', '/CN=external-metrics', 'DNS:external-metrics.kube-system.svc');
  sign(pki, 'front-proxy', '/CN=front-proxy-client');
  sign(pki, 'node1', '/O=system:nodes/CN=system:node:node1', `IP:${NODE_IP},DNS:node1`);
}

function sign(pki, name, subject, names = 'DNS:unused.test') {
  writeFileSync(
    join(pki, `${name}.ext`),
    `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  openssl(
    pki,
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    subject,
  );
  openssl(
    pki,
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.crt`,
  );
}

function kubeconfig(pki, name) {
  const base64 = (file) => readFileSync(join(pki, file)).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [
      { name: 'c', cluster: { server: API, 'certificate-authority-data': base64('ca.crt') } },
    ],
    users: [
      {
        name: 'u',
        user: {
          'client-certificate-data': base64(`${name}.crt`),
          'client-key-data': base64(`${name}.key`),
        },
      },
    ],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  });
}

const files = (home) => ({
  'cni/10-vx11.conflist': JSON.stringify({
    cniVersion: '0.4.0',
    name: 'vx11',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: '10.88.0.0/24' }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: `${home}/ipam`,
        },
      },
    ],
  }),
  'containerd.toml': `
version = 2
root = "${home}/ctrd"
state = "${home}/ctrd-run"
[grpc]
  address = "${home}/ctrd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${home}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`,
  'kubelet.yaml': `
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ${NODE_IP}
port: 10250
healthzPort: 0
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: ${home}/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: ${home}/pki/node1.crt
tlsPrivateKeyFile: ${home}/pki/node1.key
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
maxOpenFiles: 20000
containerRuntimeEndpoint: unix://${home}/ctrd.sock
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
enforceNodeAllocatable: [pods]
imageGCHighThresholdPercent: 100
makeIPTablesUtilChains: false
resolvConf: ""
clusterDNS: [${NODE_IP}]
clusterDomain: cluster.local
syncFrequency: 10s
`,
  'kube-proxy.yaml': `
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 127.0.0.1
clientConnection: {kubeconfig: ${home}/proxy.conf}
mode: nftables
hostnameOverride: node1
clusterCIDR: 10.88.0.0/16
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
`,
  // As kubeadm writes it.
  Corefile: `
cluster.local:53 {
  bind ${NODE_IP}
  kubernetes cluster.local {
    kubeconfig ${home}/admin.conf c
    ttl 30
  }
  cache 30 {
    disable success cluster.local
    disable denial cluster.local
  }
  errors
}
.:53 {
  bind ${NODE_IP}
  errors
}
`,
  // Debian's Prometheus is built without Kubernetes: targets.mjs writes what runs.
  'prometheus.yml': `
global: {scrape_interval: 2s, evaluation_interval: 2s}
scrape_configs:
  - job_name: pods
    file_sd_configs: [{files: [${home}/targets.json], refresh_interval: 2s}]
`,
});
