export type Paint = Record<'bold' | 'dim' | 'accent' | 'good' | 'bad', (text: string) => string>;

/** Colours for people: only on a terminal that knows them, and not with https://no-color.org. */
export function paintFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Paint {
  const isWanted = Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb';
  const style = (on: number, off: number) => (text: string) =>
    isWanted && text ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    accent: style(36, 39),
    good: style(32, 39),
    bad: style(31, 39),
  };
}
