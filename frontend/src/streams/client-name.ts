/** Browsers by the word that only they have; Chromium's is last, because the others carry it too. */
const BROWSERS = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)/],
] as const;

const SYSTEMS = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad)\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const;

/** `Chrome 156 on Linux`, `curl 8.5`; a user agent that says nothing known stays as it is. */
export function clientName(userAgent: string): string {
  if (userAgent === '') return 'unknown client';
  if (userAgent === 'node' || userAgent.startsWith('undici')) return 'Node.js';
  for (const [name, pattern] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version === undefined) continue;
    const system = SYSTEMS.find(([, one]) => one.test(userAgent))?.[0];
    return `${name} ${version}${system === undefined ? '' : ` on ${system}`}`;
  }
  const [, product, version] = /^([\w.-]{1,40})\/(\d+(?:\.\d+)?)/.exec(userAgent) ?? [];
  return product === undefined ? userAgent : `${product} ${version}`;
}
