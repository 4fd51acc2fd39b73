/**
 * What somebody may do, each including those before it.
 *
 * - `view`: look at everything, message bodies included.
 * - `operate`: what can be undone or repeated: pause, resume, limits, redrive, cancel, send, schedules, positions of groups.
 * - `destroy`: delete dead letters, purge and destroy.
 */
export type Role = 'view' | 'operate' | 'destroy';

/** Who asks, and what they may do. */
export interface Access {
  /** What they may do with everything that `queues` does not name. Undefined: nothing, not even look. */
  role?: Role | undefined;
  /** Who they are, for the audit. Default `'unknown'`. */
  user?: string | undefined;
  /**
   * What they may do with a queue, a topic or a channel, by its name; `'none'` hides it. A name that is missing, or for which the function returns
   * undefined, has `role`.
   */
  queues?:
    | Readonly<Record<string, Role | 'none'>>
    | ((name: string) => Role | 'none' | undefined)
    | undefined;
}

const ranks: Readonly<Record<Role, number>> = { view: 1, operate: 2, destroy: 3 };

/** What the one who asks may do, as this request was judged. */
export class Rights {
  readonly user: string;
  readonly #access: Access;
  readonly #most: Role;

  /** @param most what anybody may do at most. */
  constructor(access: Access, most: Role) {
    this.user = access.user || 'unknown';
    this.#access = access;
    this.#most = most;
  }

  /** What they may do with this queue, topic or channel, or without a name with all that is of none. */
  roleFor(name?: string): Role | undefined {
    const { role } = this.#access;
    const own = name === undefined ? undefined : this.#ownRole(name);
    if (own === 'none') return undefined;
    return lower(own ?? role, this.#most);
  }

  allows(role: Role, name?: string): boolean {
    const own = this.roleFor(name);
    return own !== undefined && ranks[own] >= ranks[role];
  }

  /** Whether there is anything at all that they may look at. */
  get isKnown(): boolean {
    return this.#access.role !== undefined || this.#access.queues !== undefined;
  }

  #ownRole(name: string): Role | 'none' | undefined {
    const { queues } = this.#access;
    if (typeof queues === 'function') return queues(name);
    return queues && Object.hasOwn(queues, name) ? queues[name] : undefined;
  }
}

function lower(role: Role | undefined, most: Role): Role | undefined {
  if (role === undefined) return undefined;
  return ranks[role] < ranks[most] ? role : most;
}

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && Object.hasOwn(ranks, value);
}
