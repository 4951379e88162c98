/**
 * A press is a pointer going down and up on one element: the browser makes a click of it only
 * when the element is still there, and still under the pointer. So nothing that the server
 * sends changes the page while a pointer is down.
 */
let isDown = false;
let waiting: (() => void)[] = [];

addEventListener('pointerdown', () => (isDown = true), { capture: true, passive: true });
// No pointerup follows when a scroll or drag takes over, or the window loses the pointer.
for (const end of ['pointerup', 'pointercancel', 'blur'])
  addEventListener(end, release, { capture: true, passive: true });

function release(): void {
  if (!isDown) return;
  isDown = false;
  // The click follows in the same task.
  setTimeout(() => {
    if (isDown) return;
    const work = waiting;
    waiting = [];
    for (const one of work) one();
  });
}

/** Runs `work` when no pointer is down, in the order of the calls: at once, or after the click. */
export function afterPress(work: () => void): void {
  if (isDown || waiting.length > 0) waiting.push(work);
  else work();
}

/** Resolves when no pointer is down. */
export function pressEnd(): Promise<void> {
  return new Promise(afterPress);
}
