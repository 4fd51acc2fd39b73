import { InvalidArgumentError, shown } from '@redpost/core';

/** @throws InvalidArgumentError when `group` cannot be the name of a group. */
export function checkedGroup(group: unknown): string {
  if (typeof group === 'string' && /^[\w.-]{1,200}$/.test(group)) return group;
  throw new InvalidArgumentError(
    `A group's name has letters, digits, dots, dashes and underscores, got ${shown(group)}`,
  );
}

/**
 * The key of a group, and the channel its members listen to, in the Cluster slot of `channel`.
 *
 * @throws InvalidArgumentError for a channel with a brace that is not a hash tag.
 */
export function groupName(channel: string, group: string): string {
  // A hash tag in the channel still determines the slot. The two forms of names never coincide.
  if (/^[^{]*\{[^}]+\}/.test(channel)) return `${channel}::group:${group}`;
  if (!channel.includes('}')) return `{${channel}}:group:${group}`;
  throw new InvalidArgumentError(`A channel with a group may not have a lone brace: ${channel}`);
}
