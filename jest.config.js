import { existsSync } from 'node:fs';

const swc = {
  swcrc: false,
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

// Packages that are ES modules only, while Jest runs CommonJS. A new one belongs here
// when Jest says "Must use import to load ES Module".
const esModules = [
  '@nestjs',
  'eventsource',
  'eventsource-parser',
  'http-proxy-middleware',
  'httpxy',
  'is-plain-obj',
  'jose',
];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['src', 'test', 'client/src', 'client/test', 'frontend/src', 'frontend/test']
    .filter((directory) => existsSync(new URL(directory, import.meta.url)))
    .map((directory) => `<rootDir>/${directory}`),
  testMatch: ['**/*.spec.{ts,tsx}'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.(m?js|tsx?)$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  testTimeout: 20_000,
  maxWorkers: 2,
};
