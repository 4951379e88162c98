/** Prefix of every metric of the operator backend. */
export const PREFIX = 'vx11_operator_';

/** Buckets for work inside the process: 50 µs to 1 s. */
export const FAST_SECONDS = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
];

/** Buckets for what a client waits for: 1 ms to 10 s. */
export const REQUEST_SECONDS = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
