import type { Attention } from '../types.js';

const words: Record<Attention, { text: string; title: string; tone: string }> = {
  unreadable: { text: 'unreadable', title: 'Its numbers cannot be read', tone: 'danger' },
  'no-consumer': {
    text: 'no consumer',
    title: 'Messages wait, and nobody consumes them',
    tone: 'danger',
  },
  old: {
    text: 'slow',
    title: 'The next message has waited for more than a minute',
    tone: 'warning',
  },
  dead: { text: 'dead letters', title: 'Messages were given up', tone: 'danger' },
  paused: { text: 'paused', title: 'It is paused, and messages wait', tone: 'warning' },
};

/** Why somebody should look at a queue. */
export function AttentionBadges({ reasons }: { reasons: readonly Attention[] }) {
  return (
    <>
      {reasons.map((reason) => (
        <span key={reason} class={`badge ${words[reason].tone}`} title={words[reason].title}>
          {words[reason].text}
        </span>
      ))}
    </>
  );
}

export const attentionWords = words;
