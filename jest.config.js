import { bundleTestPackages } from './scripts/lib/test-packages.mjs';

const swc = ({ tsx }) => ({
  swcrc: false,
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true, tsx },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      react: { runtime: 'automatic', importSource: 'preact' },
    },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
});

// Packages that are ES modules only, while Jest runs CommonJS. A new one belongs here
// when Jest says "Must use import to load ES Module".
const esModules = [
  '@nestjs',
  // CommonJS, but with an import() that Jest cannot run as it is.
  '@opentelemetry/otlp-exporter-base',
  'canonicalize',
  'eventsource',
  'eventsource-parser',
  'http-proxy-middleware',
  'httpxy',
  'is-plain-obj',
  'jose',
  'preact',
];

/**
 * Specs that mostly wait, that build a tool from its source, or that repeat in another browser or proxy what others cover:
 * `npm run test:long` runs them, so that `npm test` stays short.
 */
const LONG = [
  'test/bench/costs',
  'test/browser/access',
  'test/browser/colleague-link',
  'test/browser/firefox',
  'test/browser/outages',
  'test/browser/public-path',
  'test/browser/redis-search',
  'test/e2e/sixty-seconds',
  'test/e2e/slow-reader',
  'test/ops/pint',
];
const isLong = process.env.VX11_TEST_LONG !== undefined;

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['src', 'test', 'client/src', 'frontend/src'].map((directory) => `<rootDir>/${directory}`),
  testMatch: isLong ? LONG.map((path) => `<rootDir>/${path}.spec.ts`) : ['**/*.spec.{ts,tsx}'],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(isLong ? [] : LONG.map((path) => `/${path}[.]spec`)),
  ],
  moduleNameMapper: {
    ...(await bundleTestPackages(import.meta.dirname)),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '\\.([cm]?js|ts)$': ['@swc/jest', swc({ tsx: false })],
    '\\.tsx$': ['@swc/jest', swc({ tsx: true })],
  },
  transformIgnorePatterns: [
    `/node_modules/(?!(${esModules.join('|')})/)`,
    '/[.]cache/test-packages/',
  ],
  // A browser or a build on a busy machine takes its time; a hang still ends.
  testTimeout: 60_000,
  maxWorkers: 3,
};
