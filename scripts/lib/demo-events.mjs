// Events of a shop in a bad hour, made the same way each time.
const MODULES = ['checkout', 'billing', 'search', 'inventory', 'auth', 'shipping'];

const KINDS = [
  {
    severity: 'info',
    type: 'order.placed',
    summary: (n) => `Order ${4000 + n} placed, 3 items, 84.20 EUR`,
  },
  { severity: 'info', type: 'cart.updated', summary: (n) => `Cart ${n} updated` },
  {
    severity: 'info',
    type: 'job.finished',
    summary: (n) => `Stock export finished, ${1200 + n} rows`,
  },
  {
    severity: 'info',
    type: 'cache.evicted',
    summary: (n) => `${n} entries evicted from the price cache`,
  },
  {
    severity: 'warn',
    type: 'payment.slow',
    summary: (n) => `The payment provider answered in ${1200 + n} ms`,
  },
  {
    severity: 'error',
    type: 'payment.failed',
    summary: (n) => `Payment of order ${4000 + n} was declined by the provider`,
  },
  {
    severity: 'critical',
    type: 'db.replica.lost',
    summary: () => 'Replica eu-2 does not follow the primary any more',
  },
];

/** Which kind the n-th event is: mostly quiet, an error now and then, a critical one seldom. */
function kindOf(n) {
  if (n % 97 === 96) return KINDS[6];
  if (n % 31 === 17) return KINDS[5];
  if (n % 11 === 4) return KINDS[4];
  return KINDS[(n * 7) % 4];
}

/**
 * @param {number} n the event's number, which decides all of it
 * @param {number} at epoch milliseconds
 */
export function demoEvent(n, at) {
  const { severity, type, summary } = kindOf(n);
  const module = MODULES[(n * 5) % MODULES.length];
  return {
    specversion: '1.0',
    id: `demo-${n}`,
    source: `/shop/${module}`,
    type: `shop.${type}`,
    time: new Date(at).toISOString(),
    severity,
    module,
    correlationid: `order-${4000 + (n >> 1)}`,
    data: {
      summary: summary(n),
      order: { id: 4000 + n, total: 84.2, lines: [{ sku: 'A-100', quantity: 2 }] },
      paid: n % 3 !== 0,
    },
  };
}
