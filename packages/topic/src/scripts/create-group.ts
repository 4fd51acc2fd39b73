import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import source from './create-group.lua';
import { groupKeys } from './script-keys.js';

export interface CreateGroupInput {
  keys: GroupKeys;
  group: string;
  /** Where it begins: an offset, or `$` for the end. */
  from: string;
}

/** True when the group did not exist. */
export const createGroup = defineScript<CreateGroupInput, boolean>({
  name: 'create-group',
  keys: groupKeys('stream'),
  args: { group: ({ group }) => group, from: ({ from }) => from },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply === 1,
});
