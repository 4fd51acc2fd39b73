import { createContext } from 'preact';
import type { Role, Session } from './types.js';

export const SessionContext = createContext<Session | undefined>(undefined);

const ranks: Record<Role, number> = { view: 1, operate: 2, destroy: 3 };

export function allows(own: Role | undefined, needed: Role): boolean {
  return own !== undefined && ranks[own] >= ranks[needed];
}
