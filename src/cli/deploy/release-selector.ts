/** A series of the product, or of Prometheus about it, with the labels that it is selected by. */
const SERIES = /\b(vx11[\w:]+|up|ALERTS|(?:nodejs|process)_\w+)(?:\{([^{}]*)\}|\b(?!\())/g;

/**
 * A query about one release alone, where one Prometheus knows several.
 * @param selector PromQL that picks the release's series, such as `namespace="vx11"`; '' for all
 */
export function within(selector: string, query: string): string {
  if (selector === '') return query;
  return query.replaceAll(
    SERIES,
    (_, name: string, labels = '') => `${name}{${labels ? `${labels},` : ''}${selector}}`,
  );
}

/** The label that Prometheus gives each series of a namespace, and the chart each alert. */
export function ofNamespace(namespace: string): string {
  return `namespace="${namespace}"`;
}
