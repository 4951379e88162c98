import { actionDoc, isAction } from './actions.js';
import type { ExportedEntry } from './chain-verifier.js';

export const EXPORT_FORMATS = ['json', 'cef', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** One line for a SIEM. @param version of this product */
export function formatted(entry: ExportedEntry, format: ExportFormat, version: string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(entry);
    case 'cef':
      return cef(entry, version);
    case 'ocsf':
      return JSON.stringify(ocsf(entry, version));
    default:
      return format satisfies never;
  }
}

/** ArcSight Common Event Format, version 0; the custom strings say what they hold. */
function cef(entry: ExportedEntry, version: string): string {
  const { means, severity } = docOf(entry);
  const header = ['VX11', 'Operator', version, entry.action, means, String(severity)];
  const fields: [name: string, value: unknown][] = [
    ['rt', Date.parse(entry.time)],
    ['externalId', `${entry.chain}:${entry.seq}`],
    ['act', entry.action],
    ['outcome', entry.result === 'done' ? 'success' : 'failure'],
    ['suser', entry.actor],
    ['duser', entry.owner ?? entry.subject],
    ['src', isPlainAddress(entry.address) ? entry.address : undefined],
    ['reason', entry.reason],
    ['cnt', entry.count ?? 1],
    ['end', entry.until && Date.parse(entry.until)],
    ['cn1Label', entry.amount === undefined ? undefined : 'amount'],
    ['cn1', entry.amount],
    ['cs1Label', entry.correlation_id && 'correlationId'],
    ['cs1', entry.correlation_id],
    ['cs2Label', entry.subject && 'subject'],
    ['cs2', entry.subject],
    ['cs3Label', 'hash'],
    ['cs3', entry.hash],
    ['cs4Label', isPlainAddress(entry.address) ? undefined : entry.address && 'address'],
    ['cs4', isPlainAddress(entry.address) ? undefined : entry.address],
    ['cs5Label', entry.detail && 'detail'],
    ['cs5', entry.detail && JSON.stringify(entry.detail)],
  ];
  const extension = fields
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${escaped(String(value), /[\\=]/g)}`);
  return `CEF:0|${header.map((part) => escaped(part, /[\\|]/g)).join('|')}|${extension.join(' ')}`;
}

/** Open Cybersecurity Schema Framework 1.3. */
function ocsf(entry: ExportedEntry, version: string): object {
  const { means, severity, ocsf: classes } = docOf(entry);
  const [classUid, activityId] = classes;
  return {
    metadata: {
      version: '1.3.0',
      uid: `${entry.chain}:${entry.seq}`,
      correlation_uid: entry.correlation_id,
      product: { name: 'VX11 Operator', vendor_name: 'VX11', version },
    },
    category_uid: Math.floor(classUid / 1000),
    class_uid: classUid,
    activity_id: activityId,
    type_uid: classUid * 100 + activityId,
    time: Date.parse(entry.time),
    severity_id: severity <= 2 ? 1 : severity <= 4 ? 2 : severity <= 6 ? 3 : 4,
    status_id: entry.result === 'done' ? 1 : 2,
    status_detail: entry.reason,
    message: means,
    count: entry.count ?? 1,
    start_time: Date.parse(entry.time),
    end_time: entry.until === undefined ? undefined : Date.parse(entry.until),
    actor: { user: { uid: entry.actor ?? 'unknown' } },
    user: { uid: entry.owner ?? entry.subject ?? entry.actor ?? 'unknown' },
    api: { operation: entry.action },
    src_endpoint: isPlainAddress(entry.address)
      ? { ip: entry.address }
      : { uid: entry.address ?? 'unknown' },
    unmapped: {
      hash: entry.hash,
      prev: entry.prev,
      subject: entry.subject,
      amount: entry.amount,
      detail: entry.detail,
    },
  };
}

/** A newer version may have written actions that this one does not know. */
function docOf({ action, result }: ExportedEntry): ReturnType<typeof actionDoc> {
  if (isAction(action)) return actionDoc(action);
  return { means: action, result, severity: 5, ocsf: [6003, 99] };
}

/** Not a network, and not a hash. */
function isPlainAddress(address: string | undefined): boolean {
  return address !== undefined && /^[0-9a-f.:]+$/i.test(address) && !address.startsWith('hash:');
}

function escaped(text: string, special: RegExp): string {
  return (
    text
      .replaceAll(special, (character) => `\\${character}`)
      .replaceAll('\r', '\\r')
      .replaceAll('\n', '\\n')
      // What else ends a line, or a text, for some readers.
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
  );
}
