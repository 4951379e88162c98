import { startBackend, type TestBackend } from '../support/backend.js';
import { isPythonHere } from '../support/python-packages.js';
import { schemathesis } from '../support/schemathesis.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** Set by `npm run test:openapi`: test cases of an operation, in every phase that there is. */
const LONG = process.env['VX11_OPENAPI_EXAMPLES'];
const EXAMPLES = Number(LONG ?? 3);
const PHASES = LONG === undefined ? 'examples,fuzzing' : 'examples,coverage,fuzzing,stateful';
/** Loading Schemathesis for the first time takes as long as its registry does. */
const TIMEOUT_MS = 300_000 + EXAMPLES * 60_000;

describe('the OpenAPI description', () => {
  let backend: TestBackend;

  beforeAll(async () => {
    // Streams end within a second, so that a generated request to follow one ends too.
    // Without limits, so that not most of the requests are answered with 429.
    backend = await startBackend({
      VX11_STREAM_MAX_AGE: '1',
      VX11_ISSUE_RATE_LIMIT: '100000',
      VX11_ADMIN_RATE_LIMIT: '0',
      VX11_ADMIN_RATE_LIMIT_PER_ADDRESS: '0',
      VX11_FAILURES_PER_ADDRESS: '0',
    });
  });

  afterAll(() => backend.close());

  it(
    'agrees with what the backend answers to generated requests, valid and not',
    async () => {
      if (!isPythonHere()) {
        process.stderr.write('not on this machine: python3 with venv, for schemathesis\n');
        return;
      }
      const { code, output } = await schemathesis(backend.url, backend.token, EXAMPLES, PHASES);
      if (LONG !== undefined) process.stderr.write(output);
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(/^ {2}(\d+) generated, \1 passed/m),
      ]);
    },
    TIMEOUT_MS,
  );
});

itLeaksNoToken();
