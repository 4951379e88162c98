import { toast } from './toast.js';

/** Copies text to the clipboard, and shows whether the browser allowed it. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast('The browser did not allow copying: select the text instead');
  }
}
