/**
 * The panel's dialogs: what they keep, and where the focus goes.
 * @needs chromium
 */
import { itLeaksNoToken } from '../support/secrets.js';
import { expectGone, expectSeen } from './support/operator.js';
import { operator, publishEach, stack } from './support/panel.js';

beforeAll(publishEach);

describe('a dialog', () => {
  const dialog = () => operator.page.locator('dialog[open]');
  const focused = () =>
    operator.page.evaluate<string>(
      'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
    );
  const press = (name: string) => dialog().getByRole('button', { name, exact: true }).click();

  it('keeps a new token through a slow server, every way to close it, and Back', async () => {
    await operator.open('#/streams');
    await operator.page.getByRole('link', { name: 'Principals' }).click();
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await operator.page.route('**/operator/api/principals', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id').fill('slow');
    await press('Create');
    await operator.page.keyboard.press('Escape');
    await operator.page.mouse.click(5, 500);
    for (const name of ['Cancel', 'Close'])
      await dialog().getByRole('button', { name }).click({ force: true });
    answer();
    const token = operator.page.getByText(/^vx11p_/);
    await expectSeen(token);
    await operator.page.goBack();
    await operator.page.getByRole('heading', { name: 'Streams' }).waitFor({ state: 'attached' });
    await expectSeen(token);
    await press('Done');
    await expectGone(dialog());
    await stack.caller.api('/principals/slow', { method: 'DELETE' });
  });

  it('says what is wrong with the fields, and that a token may be lost', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id').fill('lost');
    const modules = dialog().getByLabel(/^Modules/);
    await modules.fill('x'.repeat(200));
    await press('Create');
    await expectSeen(dialog().getByText('filter.module may hold strings of 1 to 128 characters'));
    await modules.fill('');
    await operator.page.route('**/operator/api/principals', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).slice(0, 40) });
    });
    await press('Create');
    await expectSeen(dialog().getByText('The token may have been made'));
    await stack.caller.api('/principals/lost', { method: 'DELETE' });
  });

  it.each([
    ['Cancel', () => press('Cancel')],
    ['its cross', () => press('Close')],
    ['Escape', () => operator.page.keyboard.press('Escape')],
    ['the backdrop', () => operator.page.mouse.click(5, 500)],
  ])('gives the focus back after %s', async (_, leave) => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().waitFor();
    await leave();
    await expectGone(dialog());
    expect(await focused()).toBe('New principal…');
  });

  it('that asks for a confirmation gives the focus back, too', async () => {
    await operator.open('#/streams');
    const end = operator.page.getByRole('button', { name: /^End this stream/ }).first();
    await end.click();
    await press('Cancel');
    await expectGone(dialog());
    expect(await end.evaluate((button) => button.ownerDocument.activeElement === button)).toBe(
      true,
    );
  });

  it('gives the focus back after a second one has followed it', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await dialog().getByLabel('Id', { exact: true }).fill('night-shift');
    await press('Create');
    await expectSeen(dialog().getByText('The token is shown once.'));
    await press('Done');
    await expectGone(dialog());
    expect(await focused()).toBe('New principal…');
  });

  it('that shows a token once is closed by its buttons alone', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    await operator.page.keyboard.type('day-shift');
    // A second Enter, pressed out of habit, must not close what is shown once.
    await operator.page.keyboard.press('Enter');
    await dialog().getByText('The token is shown once.').waitFor();
    await operator.page.keyboard.press('Enter');
    await expectSeen(dialog().getByText('Token copied'));
    const token = await dialog().locator('.new-token').textContent();
    expect(await operator.page.evaluate('navigator.clipboard.readText()')).toBe(token);
    await operator.page.keyboard.press('Escape');
    await operator.page.keyboard.press('Escape');
    await operator.page.mouse.click(5, 500);
    await operator.page.evaluate(
      "Object.defineProperty(navigator, 'clipboard', { value: undefined })",
    );
    await press('Copy');
    await expectSeen(dialog().getByText('The browser did not allow copying'));
    await press('Done');
    await expectGone(dialog());
  });

  it('leaves the focus in the table when the button that opened it is gone', async () => {
    await operator.open('#/principals');
    const act = async (name: string, label: string): Promise<void> => {
      await operator.page.getByRole('button', { name, exact: true }).focus();
      await operator.page.keyboard.press('Enter');
      await dialog().waitFor();
      if (label === 'Delete') await operator.page.keyboard.type('late-shift');
      await press(label);
      await expectGone(dialog());
    };
    await stack.caller.post('/principals', { id: 'late-shift', scopes: [] });
    await act('Disable late-shift', 'Disable');
    await operator.page.locator(':focus', { hasText: 'Restore' }).waitFor();
    await act('Restore late-shift', 'Restore');
    await operator.page.locator(':focus', { hasText: 'Disable' }).waitFor();
    await act('Delete late-shift', 'Delete');
    await expectGone(operator.page.getByRole('rowheader', { name: 'late-shift' }));
    expect(await focused()).toBe('Principals');
  });

  it('of commands gives the focus back after a command, also one that opens another dialog', async () => {
    await operator.open('#/principals');
    const opener = operator.page.getByRole('button', { name: 'New principal…' });
    await opener.waitFor();
    for (const command of ['Theme: light', 'Keyboard shortcuts']) {
      await opener.focus();
      await operator.page.keyboard.press('Control+k');
      await operator.page.getByRole('combobox', { name: 'Command' }).fill(command);
      await operator.page.keyboard.press('Enter');
      await expectGone(operator.page.getByRole('dialog', { name: 'Commands' }));
      if (command === 'Keyboard shortcuts') {
        await operator.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
        await operator.page.keyboard.press('Escape');
        await expectGone(dialog());
      }
      expect(await focused()).toBe('New principal…');
    }
  });

  it('stays open when a selection of text ends outside of it', async () => {
    await operator.open('#/principals');
    await operator.page.getByRole('button', { name: 'New principal…' }).click();
    const field = dialog().getByLabel('Id', { exact: true });
    await field.fill('night-shift-2');
    const { mouse } = operator.page;
    const box = await field.boundingBox();
    const y = (box?.y ?? 0) + 8;
    await mouse.move((box?.x ?? 0) + 60, y);
    await mouse.down();
    await mouse.move(5, y, { steps: 5 });
    await mouse.up();
    expect(await field.inputValue()).toBe('night-shift-2');
    expect(await dialog().count()).toBe(1);
  });
});

itLeaksNoToken();
