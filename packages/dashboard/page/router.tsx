import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** The path under which the dashboard is, without a slash at its end. */
export const base = document.documentElement.dataset.base ?? '';

/** Where the page is: the decoded parts of the path below the base, and what the address says beside it. */
export interface Place {
  parts: string[];
  query: URLSearchParams;
}

const changed = new EventTarget();

function place(): Place {
  const { pathname, search } = window.location;
  const below = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  const parts = below.split('/').filter(Boolean).map(decodeURIComponent);
  return { parts, query: new URLSearchParams(search) };
}

export function usePlace(): Place {
  const [current, setCurrent] = useState(place);
  useEffect(() => {
    const update = () => setCurrent(place());
    changed.addEventListener('change', update);
    window.addEventListener('popstate', update);
    return () => {
      changed.removeEventListener('change', update);
      window.removeEventListener('popstate', update);
    };
  }, []);
  return current;
}

export type Query = Record<string, string | number | undefined>;

/** The address of a place. What is undefined or '' is left out. */
export function address(parts: readonly string[], query: Query = {}): string {
  const path = [base, ...parts.map(encodeURIComponent)].join('/');
  const text = queryText(query);
  return `${path === '' ? '/' : path}${text && `?${text}`}`;
}

export function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** Goes to an address. @param replace as when only a filter has changed. */
export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  changed.dispatchEvent(new Event('change'));
  if (!replace) window.scrollTo(0, 0);
}

/** Changes what the address says beside the path, so that what is seen can be linked to. */
export function setQuery(changes: Query): void {
  const { parts, query } = place();
  const next: Query = { ...Object.fromEntries(query), ...changes };
  go(address(parts, next), { replace: true });
}

interface LinkProps {
  to: readonly string[];
  query?: Query;
  children: ComponentChildren;
  class?: string;
  isCurrent?: boolean;
}

/** A link within the page. */
export function Link({ to, query, children, isCurrent, ...rest }: LinkProps) {
  const href = address(to, query);
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} onClick={follow} aria-current={isCurrent ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
