/** The key that a gateway and a backend of the tests share, unless a test gives others. */
export const HOP_KEY = 'hop-key-of-the-tests-0123456789abcdef';
