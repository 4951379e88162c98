/**
 * PromQL labels of `vx11_http_requests_total` that pick the requests of users. The probes of the
 * instances, of Kubernetes and of balancers, and the scrapes, would be most of the requests of a
 * night, and hide the errors of the others; and a draining instance answers its probes with 503.
 */
export const OF_USERS = 'route!~"/(health|livez|metrics|readyz)"';
