/**
 * One operator at the panel of one system, for all tests of a file. Each test has a type of
 * events of its own.
 */
import type { Browser } from 'playwright-core';
import { event } from '../../support/caller.js';
import { launchChromium } from '../../support/process/chromium.ts';
import { Operator } from './operator.js';
import { startStack, type Stack } from './stack.js';

jest.setTimeout(180_000);

export let stack: Stack;
export let browser: Browser;
export let operator: Operator;
/** Of this test alone: its events, and the filter that shows no others. */
export let type: string;
export let only: string;
let tests = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterAll(async () => {
  await operator.closeBrowser();
  await browser.close();
  await stack.stop();
});

beforeEach(() => {
  tests += 1;
  type = `shop.${tests}`;
  only = `is=type:${type}`;
});

afterEach(() => operator.reset());

/** Publishes events of this test's type, in this order. */
export const publish = (...fields: object[]) =>
  stack.caller.publish(...fields.map((one) => event({ type, ...one })));

export const hash = () => decodeURIComponent(new URL(operator.page.url()).hash);
export const button = (name: string | RegExp) => operator.page.getByRole('button', { name });
export const clipboard = () => operator.page.evaluate<string>('navigator.clipboard.readText()');

/** An event of each severity. */
export const publishEach = () =>
  stack.caller.publish(
    ...['info', 'warn', 'error', 'critical'].map((severity) =>
      event({ severity, data: { summary: `one of ${severity}`, deep: { list: [1, null, 'x'] } } }),
    ),
  );
