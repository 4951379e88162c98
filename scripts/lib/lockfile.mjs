const SYSTEMS =
  /(?:^|[-/])(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?:-|$)/;
const PROCESSORS = /-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32)(?:-|$)/;
const LIBCS = { gnu: 'glibc', musl: 'musl' };
const EXACT = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/;

/**
 * The optional packages that a dependant names with an exact version and that have no entry.
 * @param {object} lock a parsed package-lock.json
 * @returns {{ path: string, version: string }[]}
 */
export function missingOptionals({ packages }) {
  const missing = new Map();
  for (const [parent, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!EXACT.test(version)) continue;
      if (nearest(packages, parent, name)?.version === version) continue;
      const top = `node_modules/${name}`;
      const free = !packages[top] && (missing.get(top) ?? version) === version;
      missing.set(free ? top : `${parent}/${top}`, version);
    }
  }
  return [...missing].map(([path, version]) => ({ path, version }));
}

/** Adds what is missing, in npm's order; returns the added paths. */
export function completeLock(lock) {
  const missing = missingOptionals(lock);
  for (const { path, version } of missing) {
    lock.packages[path] = { version, ...hostOf(path), optional: true };
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  return missing.map(({ path }) => path);
}

/** What system a package is for, by the naming that all such packages share. */
function hostOf(path) {
  const system = path.match(SYSTEMS)?.[1];
  const processor = path.match(PROCESSORS)?.[1];
  const libc = LIBCS[path.match(/-(gnu|musl)/)?.[1]];
  return {
    ...(processor ? { cpu: [processor] } : {}),
    ...(libc ? { libc: [libc] } : {}),
    ...(system ? { os: [system] } : {}),
  };
}

/** Node's own search: next to the parent, then one directory up at a time. */
function nearest(packages, parent, name) {
  for (let at = parent; at; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const found = packages[`${at}/node_modules/${name}`];
    if (found) return found;
  }
  return packages[`node_modules/${name}`];
}
