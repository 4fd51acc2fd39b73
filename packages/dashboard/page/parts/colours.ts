import { useEffect, useState } from 'preact/hooks';

export type Colours = 'light' | 'dark';

const stored = 'redpost-colours';
const preferred = matchMedia('(prefers-color-scheme: dark)');
const changed = new EventTarget();

function chosen(): Colours | undefined {
  try {
    const value = localStorage.getItem(stored);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    // The browser keeps nothing for this page.
    return undefined;
  }
}

let current: Colours = chosen() ?? (preferred.matches ? 'dark' : 'light');
document.documentElement.dataset.theme = current;

function set(colours: Colours): void {
  current = colours;
  document.documentElement.dataset.theme = colours;
  changed.dispatchEvent(new Event('change'));
}

preferred.addEventListener('change', ({ matches }) => {
  if (!chosen()) set(matches ? 'dark' : 'light');
});

/** Changes between light and dark, and remembers it. */
export function toggleColours(): void {
  set(current === 'dark' ? 'light' : 'dark');
  try {
    localStorage.setItem(stored, current);
  } catch {
    // It holds until the page is closed.
  }
}

/** Whether the page is light or dark now. */
export function useColours(): Colours {
  const [colours, setColours] = useState(current);
  useEffect(() => {
    const update = () => setColours(current);
    changed.addEventListener('change', update);
    return () => changed.removeEventListener('change', update);
  }, []);
  return colours;
}
