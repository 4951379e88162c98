/**
 * The panel as an operator uses it during an incident: one event and what belongs to it, the
 * keyboard, small screens.
 * @needs chromium
 */
import { event } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { expectGone, expectSeen, Operator } from './support/operator.js';
import {
  browser,
  button,
  clipboard,
  hash,
  only,
  operator,
  publish,
  stack,
  type,
} from './support/panel.js';

describe('from one event', () => {
  it('the trace shows all events of its correlation id, oldest first, with their offsets', async () => {
    const correlationid = `c,${type}`.padEnd(1024, '-');
    const time = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
    await publish(
      { correlationid, time: time(250), data: { summary: 'second' } },
      { correlationid, time: time(0), data: { summary: 'first' } },
      { data: { summary: 'stranger' } },
    );
    await operator.open(`#/events?${only}&group=0`);
    await operator.rows('second').click();
    await button('Show trace').click();
    const rows = operator.page.locator('.trace tbody tr');
    await rows.nth(1).waitFor();
    expect(await rows.allTextContents()).toEqual([
      expect.stringMatching(/^\+0 ms.*first$/),
      expect.stringMatching(/^\+250 ms.*second$/),
    ]);
    await expectSeen(operator.page.getByText('2 events in 250 ms'));
    await button('Close trace').click();
    await operator.shows('stranger');
  });

  it('its context shows its neighbours without the filter, and Back returns', async () => {
    await publish({ data: { summary: 'the cause', key: 1 } });
    await stack.caller.publish(event({ type: `${type}.other`, data: { summary: 'just after' } }));
    await operator.open(`#/events?${only}&is=data.key:1`);
    await operator.rows('the cause').click();
    await button('Show in context').click();
    await operator.shows('just after');
    await expectSeen(operator.page.locator('.row[aria-selected=true]', { hasText: 'the cause' }));
    await operator.page.goBack();
    await expectGone(operator.rows('just after'));
  });

  it('pins, acknowledgements and notes reach all operators', async () => {
    await publish({ severity: 'error', data: { summary: 'it broke' } });
    await operator.open(`#/events?${only}`);
    await operator.rows('it broke').click();
    await button('Pin').click();
    await button('Acknowledge').click();
    await operator.page.getByLabel('Note for all operators').fill('The disk was full.');
    await button('Add note').click();
    await operator.rows('pinnedacknowledged by operator1 noteit broke').waitFor();
    const colleague = await Operator.at(browser, stack.url, stack.caller.token);
    await colleague.open('#/overview');
    const pinned = colleague.page.locator('.incident.pinned');
    await expectSeen(pinned.getByRole('link', { name: 'error: it broke' }));
    await colleague.open(`#/events?${only}`);
    await colleague.rows('1 noteit broke').click();
    await expectSeen(colleague.page.getByText('The disk was full.'));
    await colleague.page.getByRole('button', { name: 'Unpin' }).click();
    await expectGone(operator.rows('pinned'));
    await colleague.closeBrowser();
  });

  it('a note goes to the event that it was written about, once, whatever was opened meanwhile', async () => {
    await publish({ data: { summary: 'the first' } }, { data: { summary: 'the second' } });
    await operator.open(`#/events?${only}&group=0`);
    const field = operator.page.getByLabel('Note for all operators');
    const open = (summary: string) => operator.rows(summary).click();
    await open('the first');
    await field.fill('About the first.');
    await open('the second');
    expect(await field.inputValue()).toBe('');
    await field.fill('About the second.');
    await open('the first');
    expect(await field.inputValue()).toBe('About the first.');
    await field.press('Escape');
    await open('the first');
    expect(await field.inputValue()).toBe('About the first.');
    // A slow server, and an operator who presses again.
    await operator.page.route('**/notes', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    await button('Add note').click();
    await button('Adding…').click();
    await open('the second');
    await operator.rows('1 notethe first').waitFor();
    expect(await field.inputValue()).toBe('About the second.');
    expect(await operator.rows('notethe second').count()).toBe(0);
  });

  it('a pin and a note are found below 600 newer notes', async () => {
    await publish({ data: { summary: 'noted' } }, { data: { summary: 'discussed' } });
    const { json } = await stack.caller.api(`/events?type=${type}`);
    const [noted, discussed] = json.events as { position: string }[];
    const note = (on: typeof noted, body: object) =>
      stack.caller.post(`/events/${on?.position}/notes`, body);
    await note(noted, { action: 'pin' });
    await note(noted, { action: 'note', text: 'The first note.' });
    for (let sent = 0; sent < 600; sent += 10) {
      const texts = Array.from({ length: 10 }, (_, n) => `Note ${sent + n}.`);
      await Promise.all(texts.map((text) => note(discussed, { action: 'note', text })));
    }
    await operator.open('#/overview');
    const pinned = operator.page.locator('.incident.pinned');
    await expectSeen(pinned.getByRole('link', { name: 'noted' }));
    expect(await pinned.getByText('were not read').count()).toBe(0);
    await operator.open(`#/events?${only}`);
    await operator.rows('1 notenoted').click();
    await expectSeen(operator.page.getByText('The first note.'));
    await expectSeen(button('Unpin'));
    // Where the notes could not be read at first, those of the event are read when it is opened.
    await operator.page.route('**/operator/api/events?type=vx11.note*', (route) =>
      new URL(route.request().url()).searchParams.has('subject') ? route.continue() : route.abort(),
    );
    await operator.open(`#/events?${only}`);
    await operator.rows('noted').click();
    await expectSeen(button('Unpin'));
    await button('Unpin').click();
    await button('Pin').waitFor();
  });

  it('addresses can be followed, and a stack trace keeps its lines and can be copied', async () => {
    const trace = 'Error: boom\n    at pay (pay.js:1:2)\n    at main (main.js:3:4)';
    const see = 'see https://example.com/runbook?x=1).';
    await publish({ data: { summary: 'boom', see, trace } });
    await operator.open(`#/events?${only}`);
    await operator.rows('boom').click();
    const detail = operator.page.getByRole('dialog', { name: type });
    const link = detail.getByRole('link', { name: 'https://example.com/runbook?x=1' });
    expect(await link.getAttribute('href')).toBe('https://example.com/runbook?x=1');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await detail.locator('pre').textContent()).toBe(trace);
    await detail.getByRole('button', { name: 'Copy trace' }).click();
    await operator.page.getByText('Text copied').waitFor();
    expect(await clipboard()).toBe(trace);
  });
});

describe('routine reports of the system', () => {
  it('are hidden at first, while warnings and worse are shown', async () => {
    await operator.open('#/events?group=0&is=data.service:madre');
    await operator.shows('madre is down');
    await operator.page.goto(`${operator.page.url().split('#')[0]}#/events?group=0`);
    await operator.page.getByText(/^[\d,]+ events in the whole log/).waitFor();
    expect(await operator.rows('vx11.stream.opened').count()).toBe(0);
    await expectSeen(operator.page.getByText(/without system events/));
    await button('View').click();
    await operator.page.getByLabel('System events').check();
    await operator.shows('vx11.stream.opened');
    expect(hash()).toContain('system=1');
  });
});

describe('the keyboard', () => {
  it('pages through the list, and the active row is in the document', async () => {
    await publish(
      ...Array.from({ length: 120 }, (_, n) => ({
        module: `m${n % 2}`,
        data: { summary: `row ${n}` },
      })),
    );
    await operator.open(`#/events?${only}&group=0`);
    await operator.shows('row 119');
    const list = operator.page.getByRole('listbox', { name: 'Events, newest first' });
    await list.focus();
    for (const key of ['ArrowDown', 'PageDown', 'PageDown', 'End', 'PageUp', 'Home']) {
      await operator.page.keyboard.press(key);
      const selected = operator.page.locator('.row[aria-selected=true]');
      await selected.waitFor();
      expect(await list.getAttribute('aria-activedescendant')).toBe(
        await selected.getAttribute('id'),
      );
    }
    await expectSeen(operator.page.locator('.row[aria-selected=true]', { hasText: 'row 119' }));
  });

  it('runs commands by their names', async () => {
    await operator.open();
    await operator.page.keyboard.press('Control+k');
    await operator.page.getByRole('combobox', { name: 'Command' }).fill('go over');
    await operator.page.keyboard.press('Enter');
    await expectSeen(operator.page.getByRole('heading', { name: 'Overview' }));
  });
});

describe('small screens', () => {
  it('1,024 pixels wide show a readable list next to the details, and a toolbar of one line', async () => {
    await operator.page.setViewportSize({ width: 1024, height: 700 });
    await publish({ data: { summary: 'readable' } });
    await operator.open(`#/events?${only}`);
    const toolbar = operator.page.locator('.events .toolbar');
    expect((await toolbar.boundingBox())?.height).toBeLessThan(60);
    await operator.rows('readable').click();
    const summary = await operator.rows('readable').locator('.summary').boundingBox();
    expect(summary?.width).toBeGreaterThan(200);
  });

  it('of phones show every tool', async () => {
    const phone = await Operator.at(browser, stack.url, stack.caller.token, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await phone.open();
    const beyond = await phone.page
      .locator('.events .toolbar')
      .evaluate(
        (bar) => [...bar.children].filter((one) => one.getBoundingClientRect().right > 390).length,
      );
    expect(beyond).toBe(0);
    await phone.closeBrowser();
  });

  it('of phones show what a button did, although the details cover the page', async () => {
    await publish({ data: { summary: 'on call' } });
    await operator.page.setViewportSize({ width: 390, height: 844 });
    await operator.open(`#/events?${only}`);
    await operator.rows('on call').click();
    await button('Copy link').click();
    const toast = operator.page.getByRole('dialog', { name: type }).getByText('Link copied');
    await toast.waitFor();
    expect(
      await toast.evaluate((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2) === element;
      }),
    ).toBe(true);
  });
});

itLeaksNoToken();
