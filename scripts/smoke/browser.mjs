import { ensureSystemPackages } from '../lib/system-packages.mjs';

/** Debian's Chromium; it talks to nobody but us. */
export async function launchBrowser() {
  ensureSystemPackages(['chromium']);
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-sync', '--no-first-run'],
  });
}
