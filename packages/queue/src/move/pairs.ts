/** The fields of a HASH or of an entry, as Redis answers them, by their names. */
export function pairs(fields: readonly Buffer[]): Map<string, Buffer> {
  const map = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2)
    map.set(String(fields[at]), fields[at + 1] as Buffer);
  return map;
}
