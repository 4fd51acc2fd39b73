import type { ComponentChildren } from 'preact';

/** A number that is seen from afar. */
export interface Tile {
  title: string;
  value: ComponentChildren;
  /** What is to be noticed. */
  tone?: 'danger' | 'warning' | undefined;
}

export function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <dl class="tiles">
      {tiles.map(({ title, value, tone }) => (
        <div key={title} class={tone}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and what belongs to them. What is undefined is left out. */
export function Facts({ facts }: { facts: readonly [string, ComponentChildren][] }) {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
