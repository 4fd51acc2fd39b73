import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role, Session } from './types.js';

export const SessionContext = createContext<Session | undefined>(undefined);

const ranks: Record<Role, number> = { view: 1, operate: 2, destroy: 3 };

export function allows(own: Role | undefined, needed: Role): boolean {
  return own !== undefined && ranks[own] >= ranks[needed];
}

/** Whether they may do that where nothing else is said for a queue. */
export function useMay(needed: Role): boolean {
  return allows(useContext(SessionContext)?.role, needed);
}
