const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const rough = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** Without characters that change the order in which others are shown: these are written as `\\u202e`. */
export function unspoofed(text: string): string {
  return text.replace(
    /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A count, with separators. */
export function number(value: number | undefined): string {
  return value === undefined ? '–' : whole.format(value);
}

/** A count of things, with the word for one or for several. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : several}`;
}

/** A rate. */
export function rate(value: number | undefined): string {
  return value === undefined ? '–' : rough.format(value);
}

const units: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** A duration in one or two units: `3 h 12 min`. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const rounded = Math.round(ms);
  if (rounded < 1000) return `${rounded} ms`;
  const at = units.findIndex(([length]) => rounded >= length);
  const [length, unit] = units[at] as [number, string];
  const rest = units[at + 1];
  const most = Math.floor(rounded / length);
  if (!rest) return `${rough.format(rounded / length)} ${unit}`;
  const more = Math.floor((rounded - most * length) / rest[0]);
  return more > 0 && most < 100
    ? `${most} ${unit} ${more} ${rest[1]}`
    : `${whole.format(most)} ${unit}`;
}

/** A number of bytes. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return '–';
  if (count < 1000) return `${count} B`;
  const at = Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${rough.format(count / 1000 ** at)} ${['B', 'kB', 'MB', 'GB', 'TB'][at]}`;
}

const here = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium' });

/** A time, in the zone of the browser: `2027-03-01 08:00:00`. */
export function time(iso: string | undefined): string {
  return iso === undefined ? '–' : here.format(new Date(iso));
}

/** A time in another zone. */
export function timeIn(iso: string, timeZone: string): string {
  const options = { dateStyle: 'short', timeStyle: 'medium', timeZone } as const;
  return new Intl.DateTimeFormat('sv', options).format(new Date(iso));
}

/** How long ago, or in how long. */
export function ago(iso: string | undefined, now = Date.now()): string {
  if (iso === undefined) return '–';
  const ms = now - Date.parse(iso);
  const rounded = Math.abs(ms) < 1000 ? ms : Math.round(ms / 1000) * 1000;
  return ms >= 0 ? `${duration(rounded)} ago` : `in ${duration(-rounded)}`;
}
