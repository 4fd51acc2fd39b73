import type { MarkdownOptions } from 'vitepress';

/** Rules of Redis users, which the highlighter does not know: commands, keys and channels differ in colour. */
export const aclLanguage: NonNullable<MarkdownOptions['languages']>[number] = {
  name: 'acl',
  scopeName: 'source.acl',
  patterns: [
    { match: '(?<!\\S)[+-]\\S+', name: 'keyword.operator' },
    { match: '(?<!\\S)[~%]\\S+', name: 'string.quoted' },
    { match: '(?<!\\S)&\\S+', name: 'entity.name.function' },
  ],
  repository: {},
};
