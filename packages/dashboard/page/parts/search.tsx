import { useEffect, useRef, useState } from 'preact/hooks';
import { setQuery } from '../router.js';

const pauseMs = 200;

interface SearchProps {
  label: string;
  /** The parameter of the address that it changes. */
  name: string;
  value: string;
}

/** A filter by text, which is part of the address. The key `/` leads to the first one of the page. */
export function Search({ label, name, value }: SearchProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery({ [name]: next, offset: undefined }), pauseMs);
  };
  return (
    <input
      type="search"
      class="search"
      data-search
      aria-label={label}
      placeholder={label}
      value={text}
      onInput={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}

document.addEventListener('keydown', (event) => {
  const isTyping = (event.target as Element | null)?.closest('input, textarea, select, dialog');
  if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping) return;
  const field = document.querySelector<HTMLInputElement>('main [data-search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
});
