// @needs prometheus-alertmanager
import { PRODUCT } from '../../ops/rules.js';
import { eventually } from '../support/eventually.js';
import { Alertmanager } from '../support/prometheus.js';

/** Nobody listens there: this spec is about what would be sent, not about sending. */
const NOWHERE = 'http://127.0.0.1:9';

const alert = (alertname: string, namespace: string, more: Record<string, string> = {}) => ({
  alertname,
  namespace,
  product: PRODUCT,
  severity: 'critical',
  ...more,
});

describe('an Alertmanager that several releases share', () => {
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    alertmanager = await Alertmanager.start({
      pagerduty: NOWHERE,
      chat: NOWHERE,
      vx11: NOWHERE,
      vx11Token: 'of-the-test',
    });
  });

  afterAll(() => alertmanager?.stop());

  it('keeps back what follows from an outage of the same release, and nothing else', async () => {
    const causes = [
      alert('RedisDown', 'one'),
      alert('OperatorBackendDown', 'two'),
      alert('ValidationErrorBudgetBurnFast', 'one', { slo: 'validation' }),
    ];
    const keptBack = [
      alert('HighServerErrorRate', 'one', { app: 'tentaculo-link' }),
      alert('EventDeliveryStalled', 'one', { instance: 'a' }),
      // No instance is ready without its store.
      alert('GatewayHasNoBackend', 'one', { instance: 'g' }),
      alert('SlowStreamOpening', 'two'),
      alert('ValidationErrorBudgetBurnSlow', 'one', { slo: 'validation' }),
    ];
    const sent = [
      alert('HighServerErrorRate', 'three', { app: 'tentaculo-link' }),
      alert('EventDeliveryStalled', 'three', { instance: 'a' }),
      alert('SlowStreamOpening', 'one'),
      alert('ValidationErrorBudgetBurnSlow', 'three', { slo: 'validation' }),
      alert('ValidationErrorBudgetBurnSlow', 'one', { slo: 'errors' }),
      alert('SlowQueries', 'two', { product: 'a-database' }),
    ];
    await alertmanager.post([...causes, ...keptBack, ...sent]);
    const known = await eventually(
      () => alertmanager.alerts(),
      (all) => all.every(({ status }) => status.state !== 'unprocessed'),
    );
    const suppressed = known.filter(({ status }) => status.state === 'suppressed');
    const names = (all: readonly { alertname: string; namespace: string }[]) =>
      all.map(({ alertname, namespace }) => `${alertname} of ${namespace}`).sort();
    expect(names(suppressed.map(({ labels }) => labels))).toEqual(names(keptBack));
  });
});
