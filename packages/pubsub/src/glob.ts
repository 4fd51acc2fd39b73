const special = /[*?[\\]/;

/** True when a name is a pattern: when something in it stands for something else. */
export function isGlob(name: string): boolean {
  return special.test(name);
}

/** What a glob-style pattern of Redis matches, as a regular expression. */
export function globToRegExp(pattern: string): RegExp {
  const steps = /\\([\s\S])|\[(\^?)((?:\\[\s\S]|[^\]\\])*)\]?|[\s\S]/gu;
  const source = pattern.replace(steps, (step, escaped, not, set) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return setOf(not, set);
    if (step === '*') return '[\\s\\S]*';
    if (step === '?') return '[\\s\\S]';
    return literal(step);
  });
  return new RegExp(`^${source}$`);
}

function setOf(not: string, set: string): string {
  // Nothing is in an empty set, and everything outside it.
  if (set === '') return not ? '[\\s\\S]' : '[^\\s\\S]';
  const members = set.replace(/\\?([\s\S])/g, (_, member) =>
    member === '-' ? '-' : literal(member),
  );
  return `[${not}${members}]`;
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
