import { event } from './caller.js';

const MODULES = ['checkout', 'billing', 'search', 'inventory', 'auth', 'shipping', 'mail', 'web'];
const ACTIONS = ['created', 'updated', 'sent', 'retried', 'expired', 'archived'];
const REGIONS = ['eu-1', 'eu-2', 'us-1', 'ap-1'];

/** What a colleague's link selects: payments that a provider declined. */
export const DECLINED = { module: 'billing', severity: 'error', type: 'shop.payment.declined' };

/**
 * Events of a shop, the same on every run: many modules, types, sources and subjects, all
 * severities, correlation ids, long and short data.
 * @param count how many
 * @param declined how many of them are declined payments, spread evenly
 */
export function shopEvents(count: number, declined: number): object[] {
  const isDeclined = (n: number) =>
    Math.floor((n * declined) / count) !== Math.floor(((n + 1) * declined) / count);
  return Array.from({ length: count }, (_, n) => (isDeclined(n) ? payment(n) : other(n)));
}

function payment(n: number): object {
  return event({
    ...DECLINED,
    source: `/shop/${REGIONS[n % 4]}/billing`,
    subject: `order/${n}`,
    correlationid: `order-${n}`,
    data: {
      summary: `Payment of order ${n} was declined by the provider`,
      provider: 'acme-pay',
      order: { id: n, total: (n % 9_973) / 100 },
    },
  });
}

/** Near misses included: errors of billing of another type, declined cards of another severity. */
function other(n: number): object {
  const module = MODULES[(n * 7) % MODULES.length];
  const action = ACTIONS[n % ACTIONS.length];
  const isLong = n % 50 === 0;
  return event({
    severity: n % 401 === 0 ? 'critical' : n % 17 === 0 ? 'error' : n % 9 === 0 ? 'warn' : 'info',
    module,
    type: `shop.${module}.${action}`,
    source: `/shop/${REGIONS[(n * 3) % 4]}/${module}`,
    ...(n % 3 === 0 && { subject: `customer/${n % 613}` }),
    ...(n % 2 === 0 && { correlationid: `order-${n >> 1}` }),
    data: {
      summary:
        n % 23 === 0 ? `The card of customer ${n} was declined, asking again` : `${action} ${n}`,
      attempt: n % 5,
      provider: n % 2 ? 'acme' : 'other-pay',
      ...(isLong && {
        trace: Array.from({ length: 20 }, (__, line) => `at step ${line}`).join('\n'),
      }),
    },
  });
}
