import { customResources } from '../../../scripts/lib/custom-resources.mjs';

/** Gives the API server the custom resources that these Go modules define. */
export function define(cluster, ...projects) {
  const { files } = customResources(cluster.say);
  for (const project of projects) {
    for (const file of files[project]) {
      // Some definitions are larger than the annotation that a client-side apply writes.
      cluster.kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
    }
  }
  cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
}
