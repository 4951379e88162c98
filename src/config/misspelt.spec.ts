import { settings } from './environment.js';
import { misspeltSettings } from './misspelt.js';

describe('a variable that is no setting', () => {
  it.each([
    ['VX11_BACKEND_PROT', 'VX11_BACKEND_PORT'],
    ['VX11_REDIS_ULR', 'VX11_REDIS_URL'],
    ['VX11_DRAIN_SECOND', 'VX11_DRAIN_SECONDS'],
    ['VX11_OPERATR_TOKEN_FILE', 'VX11_OPERATOR_TOKEN_FILE'],
    ['VX11_BAKEND_PROT', 'VX11_BACKEND_PORT'],
    ['VX11_BACKENDPORT', 'VX11_BACKEND_PORT'],
  ])('%s is taken for %s', (name, meant) => {
    expect(misspeltSettings({ [name]: 'x' })).toEqual([{ name, meant }]);
  });

  it.each([
    'VX11_OPERATOR_BACKEND_SERVICE_HOST',
    'VX11_TEST_LONG',
    'OTHER_BACKEND_PORT',
    'VX11_',
    'VX11_HOME',
    'VX11_GATEWAY_HOST',
  ])('%s is somebody else’s', (name) => {
    expect(misspeltSettings({ [name]: 'x' })).toEqual([]);
  });

  it('is none of our own, nor one of the command line', () => {
    const names = [
      ...settings().flatMap((subject) => subject.settings.map(({ name }) => name)),
      'VX11_URL',
      'VX11_TOKEN',
      'VX11_TOKEN_FILE',
    ];
    expect(misspeltSettings(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });
});
