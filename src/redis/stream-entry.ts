/** An entry of a Redis stream: its id, and its fields as name, value, name, value … */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The fields of an entry by their names. */
export function fieldsOf([, list]: StreamEntry): Readonly<Record<string, string | undefined>> {
  const fields: Record<string, string | undefined> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    fields[list[index] as string] = list[index + 1];
  }
  return fields;
}
