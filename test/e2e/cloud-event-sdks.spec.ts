import { startBackend, type TestBackend } from '../support/backend.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { isBuilt, isOnThisMachine, publishWithSdk, SDKS } from '../support/sdks.js';

/** Loading an SDK for the first time takes as long as its registry does. */
const BUILD_MS = 300_000;
/** The forms that each SDK has. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  python: ['structured', 'binary'],
  go: ['structured', 'binary', 'batch'],
  java: ['structured', 'binary'],
};
/** Its first build loads more than the test command has time for; `npm run test:sdks` builds it. */
const SLOW = ['java'];
const all = process.env['VX11_TEST_SDKS'] === 'all';
const isDue = (name: string) => all || !SLOW.includes(name) || isBuilt(name);
const due = Object.keys(FORMS).filter((name) => isDue(name));
const present = due.filter((name) => isOnThisMachine(SDKS[name]));
const absent = due.filter((name) => !present.includes(name));
const left = Object.keys(FORMS).filter((name) => !due.includes(name));

describe('the official CloudEvents SDK', () => {
  let backend: TestBackend;

  beforeAll(async () => {
    backend = await startBackend();
  });

  afterAll(() => backend.close());

  it.each(present)(
    'of %s publishes in each of its forms, every digit and letter',
    async (name) => {
      const forms = FORMS[name] ?? [];
      const url = `${backend.url}/operator/api/events`;
      const printed = await publishWithSdk(name, url, backend.token);
      expect(printed).toEqual(forms.map((form) => `${form} 202`));
      for (const form of forms) {
        const { json, text } = await backend.caller.api(`/events?type=sdk.${name}.${form}`);
        expect(json.events).toMatchObject([
          {
            id: `${name}-${form}`,
            source: `/sdk/${name}`,
            subject: 'Zürich 100% "a"',
            tenant: 'blau ü',
            datacontenttype: 'application/json',
            data: { text: 'ü' },
          },
        ]);
        expect(text).toContain('"data":{"big":1524831183200260097,"text":');
      }
    },
    BUILD_MS,
  );

  it('that is not tested is named, with the reason', () => {
    if (left.length > 0) process.stderr.write(`npm run test:sdks tests: ${left.join(', ')}\n`);
    if (absent.length > 0) process.stderr.write(`not on this machine: ${absent.join(', ')}\n`);
    expect([...present, ...absent, ...left].toSorted()).toEqual(Object.keys(SDKS).toSorted());
  });
});

itLeaksNoToken();
