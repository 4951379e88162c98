import { toast } from './toast.js';

/** Puts text on the clipboard and says so; says as well when the browser refuses. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast('The browser did not allow copying');
  }
}
