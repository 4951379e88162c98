/** A name in a query, with the labels that it is selected by. */
const NAME = /([A-Za-z_:][\w:]*)(?:\{([^{}]*)\})?/g;
/** Series of the product, or of Prometheus about it. */
const SERIES = /^(?:vx11[\w:]+|up|ALERTS|(?:nodejs|process)_\w+)$/;

/**
 * A query about one release alone, where one Prometheus knows several.
 * @param selector PromQL that picks the release's series, such as `namespace="vx11"`; '' for all
 */
export function within(selector: string, query: string): string {
  if (selector === '') return query;
  return query.replaceAll(NAME, (all: string, name: string, labels = '') =>
    SERIES.test(name) ? `${name}{${labels ? `${labels},` : ''}${selector}}` : all,
  );
}

/**
 * The series of a namespace, by the label that Prometheus gives each of them, and the chart each
 * alert. Those without the label are taken too: a Prometheus that gives none must not make a
 * release look as if it had no figures.
 */
export function ofNamespace(namespace: string): string {
  return `namespace=~"${namespace}|"`;
}
