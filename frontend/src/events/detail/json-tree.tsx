import { useSignal } from '@preact/signals';
import { FilterButtons } from '../filter/filter-buttons.js';
import { Highlight } from '../list/highlight.js';
import { compiled } from '../settings.js';

/** Members of one object that are shown before the reader asks for more. */
const AT_ONCE = 100;
/** Levels that are open at first. */
const OPEN_DEPTH = 3;

interface JsonTreeProps {
  value: unknown;
  path: readonly string[];
}

/** JSON as a tree of the browser's own disclosure elements; every value can become a filter. */
export function JsonTree({ value, path }: JsonTreeProps) {
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="json leaf">
        <Leaf value={value} />
        <FilterButtons path={path} value={String(value)} />
      </div>
    );
  }
  return (
    <div class="json">
      <Members value={value} path={path} />
    </div>
  );
}

function Members({ value, path }: { value: object; path: readonly string[] }) {
  const limit = useSignal(AT_ONCE);
  const entries = Object.entries(value);
  const hidden = entries.length - limit.value;
  return (
    <ul>
      {entries.slice(0, limit.value).map(([name, member]) => (
        <Member key={name} name={name} value={member} path={[...path, name]} />
      ))}
      {hidden > 0 && (
        <li>
          <button type="button" onClick={() => (limit.value += AT_ONCE)}>
            {hidden} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Member({ name, value, path }: { name: string } & JsonTreeProps) {
  const label = (
    <span class="json-name">
      <Highlight text={name} search={compiled.value.highlight} />
    </span>
  );
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const size = Object.keys(value).length;
    return (
      <li>
        <details open={path.length <= OPEN_DEPTH}>
          <summary>
            {label}
            <span class="json-size">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
          </summary>
          <Members value={value} path={path} />
        </details>
      </li>
    );
  }
  return (
    <li class="leaf">
      {label}
      <Leaf value={value} />
      <FilterButtons path={path} value={String(value)} />
    </li>
  );
}

function Leaf({ value }: { value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const kind = value === null ? 'null' : typeof value;
  return (
    <span class={`json-value ${kind}`}>
      <Highlight text={text} search={compiled.value.highlight} />
    </span>
  );
}
