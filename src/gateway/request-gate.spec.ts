import fc from 'fast-check';
import { targetFault } from './request-gate.js';

describe('the target of a request', () => {
  it.each([
    '/',
    '/operator/api/events/stream?token=abc&type=a/../b',
    '/operator/ui/assets/index-3f2.js',
    '/madre/',
    '/madre/a%20b/..c/.well-known',
    '/operator/api/streams/s_AZ-09?x=http://elsewhere/%2f',
  ])('takes %s', (target) => {
    expect(targetFault(target)).toBeUndefined();
  });

  it.each([
    ['an absolute form', 'http://elsewhere/operator/api/health'],
    ['an authority form', 'elsewhere:443'],
    ['an asterisk', '*'],
    ['an authority in disguise', '//elsewhere/operator'],
    ['an empty segment', '/madre//health'],
    ['a dot segment', '/operator/ui/../../metrics'],
    ['a dot segment at the end', '/operator/ui/..'],
    ['a single dot', '/operator/./api'],
    ['an encoded dot segment', '/operator/ui/%2e%2E/metrics'],
    ['a dot segment encoded twice', '/operator/ui/%252e%252e/metrics'],
    ['a dot segment with path parameters', '/madre/..;a=b/metrics'],
    ['an encoded slash', '/operator/ui/..%2fmetrics'],
    ['an encoded slash alone', '/operator%2Fapi'],
    ['a slash encoded twice', '/operator%252fapi'],
    ['a backslash', '/operator/ui/..\\metrics'],
    ['an encoded backslash', '/operator/ui/..%5cmetrics'],
    ['an encoded NUL', '/operator/ui/index.html%00.png'],
    ['an encoded line end', '/operator/ui/%0d%0aSet-Cookie:x'],
    ['broken encoding', '/operator/ui/%zz'],
    ['broken encoding at the end', '/operator/ui/%2'],
    ['a fragment', '/operator/ui/#x'],
    ['raw bytes', '/operator/ui/\u00e9'],
  ])('refuses %s', (_name, target) => {
    expect(targetFault(target)).toEqual(expect.any(String));
  });

  it('is refused if a URL parser would change its path', () => {
    const piece = fc.constantFrom('/', '.', '..', '%2e', '%2F', '%5c', '\\', ';', 'a', '%00', '%');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        return targetFault(target) !== undefined || new URL(target, 'http://h').pathname === target;
      }),
    );
  });
});
