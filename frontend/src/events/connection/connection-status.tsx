import { signal } from '@preact/signals';
import { now } from '../../ui/clock.js';
import { ago, duration } from '../../ui/format.js';
import { StateIcon } from '../../ui/icons.js';
import { Menu } from '../../ui/menu.js';
import { silence } from '../../session/pulse.js';
import { describe } from './connection-words.js';
import { connection, reconnect } from './feed.js';
import { lastEventAt } from '../list/list-state.js';
import { zone } from '../settings.js';
import { skew } from '../../ui/server-clock.js';
import { clockTime } from '../../ui/time.js';

const isOnline = signal(navigator.onLine);
addEventListener('online', () => (isOnline.value = true));
addEventListener('offline', () => (isOnline.value = false));

/** The state of the stream, on every page; a press shows details. */
export function ConnectionStatus() {
  const state = connection.value;
  const { tone, word, detail } = describe(state, now.value, isOnline.value, silence());
  const last = lastEventAt.value;
  const age = last === undefined ? 'no event yet' : `last event ${ago(now.value - last)}`;
  const canRetry = ['reconnecting', 'polling', 'stopped'].includes(state.status);
  return (
    <div class="connection">
      <span class="sr-only" role="status">
        Stream: {word}
      </span>
      <Menu
        label="Stream"
        class={`connection-button ${tone}`}
        text={
          <>
            <StateIcon tone={tone} />
            <b>{word}</b>
            <span class="connection-detail">{detail === '' ? age : detail}</span>
          </>
        }
      >
        <h2>The stream</h2>
        <dl class="facts">
          <Fact name="State" value={`${word}${detail && ', '}${detail}`} />
          <Fact name="Last event" value={last === undefined ? 'none yet' : ago(now.value - last)} />
          <LiveFacts />
          <ClockFact />
        </dl>
        <p class="muted">
          The stream is opened with a token that is valid for 60 seconds; the principal token is
          never in its address. All tabs of this browser share one stream.
        </p>
      </Menu>
      {canRetry && (
        <button type="button" onClick={reconnect}>
          {state.status === 'stopped' ? 'Connect' : 'Retry now'}
        </button>
      )}
    </div>
  );
}

function LiveFacts() {
  const state = connection.value;
  if (state.status !== 'live') return null;
  const time = (ms: number) =>
    `${clockTime(ms + skew.value, zone.value).slice(0, 8)}, ${ago(now.value - ms)}`;
  return (
    <>
      <Fact name="Open since" value={time(state.since)} />
      <Fact name="Credential" value={`ephemeral token, fetched ${time(state.tokenIssuedAt)}`} />
      <Fact
        name="Transport"
        value={state.transport === 'fetch' ? 'streamed fetch' : 'EventSource'}
      />
    </>
  );
}

/** The difference is known to a second; smaller ones than half of this are not worth a line. */
const STEP_MS = 10_000;

function ClockFact() {
  const ms = Math.round(skew.value / STEP_MS) * STEP_MS;
  if (ms === 0) return null;
  const words = `${duration(Math.abs(ms))} ${ms > 0 ? 'behind' : 'ahead of'} the server’s`;
  return <Fact name="Clock of this device" value={`${words}; times here are the server’s`} />;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
