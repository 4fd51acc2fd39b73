const special = /[*?[\\]/;

/** True when a name is a pattern: when it contains a special character. */
export function isGlob(name: string): boolean {
  return special.test(name);
}

/** Returns a function that tells whether a name matches a glob-style pattern byte by byte, as in Redis. */
export function globMatcher(pattern: string): (name: string) => boolean {
  // An escaped byte, a set, or a byte. In a set, the end of a range may be a bracket.
  const steps = /\\([\s\S])|\[(\^?)((?:\\[\s\S]|[^\]\\]-[\s\S]|[^\]])*)\]?|[\s\S]/g;
  const source = bytesOf(pattern).replace(steps, (step, escaped, not, set) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return setOf(not, set);
    if (step === '*') return '[\\s\\S]*';
    if (step === '?') return '[\\s\\S]';
    return literal(step);
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(bytesOf(name));
}

function setOf(not: string, set: string): string {
  // An empty set matches nothing, and its negation matches every byte.
  if (set === '') return not ? '[\\s\\S]' : '[^\\s\\S]';
  const members = /\\([\s\S])|([\s\S])-([\s\S])|[\s\S]/g;
  const source = set.replace(members, (member, escaped, first, last) => {
    if (escaped !== undefined) return literal(escaped);
    if (first === undefined) return literal(member);
    const [from, to] = first < last ? [first, last] : [last, first];
    return `${literal(from)}-${literal(to)}`;
  });
  return `[${not}${source}]`;
}

/** One character for each byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function literal(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
