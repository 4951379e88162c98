import { useSignal } from '@preact/signals';
import { Digits } from '../exact.js';
import { FilterButtons } from '../filter/filter-buttons.js';
import { Highlight } from '../list/highlight.js';
import { compiled } from '../settings.js';
import { isLong, TextBlock } from './text-block.js';
import { Linked } from './linked.js';

/** Members of one object that are shown at first. */
const AT_ONCE = 100;
/** Levels that are open at first. */
const OPEN_DEPTH = 3;

interface JsonTreeProps {
  value: unknown;
  path: readonly string[];
}

/** JSON as a tree of the browser's own disclosure elements; every value can become a filter. */
export function JsonTree({ value, path }: JsonTreeProps) {
  if (!isBranch(value)) {
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

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Digits);
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
      <Highlight text={name} search={compiled.value.search} />
    </span>
  );
  if (isBranch(value) && Object.keys(value).length > 0) {
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
  if (isLong(value)) {
    return (
      <li>
        <div class="leaf">
          {label}
          <FilterButtons path={path} value={value} />
        </div>
        <TextBlock text={value} name={name} />
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
  const isText = typeof value === 'string';
  const kind = value instanceof Digits ? 'number' : value === null ? 'null' : typeof value;
  return (
    <span class={`json-value ${kind}`}>
      <Linked
        text={isText ? value : value instanceof Digits ? value.text : JSON.stringify(value)}
      />
    </span>
  );
}
