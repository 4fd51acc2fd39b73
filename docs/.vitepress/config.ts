import { existsSync, readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { aclLanguage } from './acl-language.js';
import { checkAnchors } from './anchors.js';
import { drawDiagrams } from './diagrams.js';
import { pageOf, sidebar } from './pages.js';
import { followRepositoryLinks } from './repository-links.js';
import { vueForPages } from './vue-for-pages.js';

const repository = 'https://github.com/redpost/redpost';
/** Three messages in a list, the next one lit. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#151a22"/><path d="M4 10h6v12H4zm9 0h6v12h-6z" fill="#7b8798"/><path d="M22 10h6v12h-6z" fill="#ff4d3f"/></svg>';
const iconUrl = `data:image/svg+xml,${encodeURIComponent(icon)}`;
const description = 'Redis as a message queue and as publish/subscribe, in TypeScript';

export default defineConfig({
  title: 'redpost',
  description,
  lang: 'en-GB',
  head: [['link', { rel: 'icon', href: iconUrl }]],
  base: process.env.DOCS_BASE ?? '/',
  cleanUrls: true,
  srcDir: '..',
  srcExclude: ['{.*,apps,bench,e2e,scripts}/**', 'packages/*/*/**', '*.md', '**/CHANGELOG.md'],
  outDir: 'dist',
  cacheDir: 'node_modules/.vitepress',
  rewrites: (file) => pageOf(file) ?? file,
  markdown: {
    languages: [aclLanguage],
    config(md) {
      drawDiagrams(md);
      followRepositoryLinks(md, repository);
    },
  },
  vite: {
    plugins: [vueForPages],
    // The index of the search is one piece, loaded when somebody searches.
    build: { chunkSizeWarningLimit: 2000 },
  },
  transformPageData(page) {
    // Nobody edits what is generated.
    if (/^(api\/|options\/|benchmarks|reliability)/.test(page.relativePath))
      page.frontmatter.editLink = false;
  },
  buildEnd: ({ outDir }) => checkAnchors(outDir),
  themeConfig: {
    logo: { src: iconUrl, alt: '' },
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Guides', link: '/guides/queues' },
      { text: 'Options', link: '/options/queue' },
      { text: 'API', link: '/api/' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'GitHub', link: repository },
    ],
    sidebar: { '/': sidebar, ...apiSidebars() },
    search: {
      provider: 'local',
      options: {
        // Who searches for a word wants its explanation before the types it occurs in.
        miniSearch: {
          searchOptions: { boostDocument: (page) => (/\/api\//.test(page) ? 0.3 : 1) },
        },
      },
    },
    outline: [2, 3],
    editLink: { pattern: `${repository}/edit/main/:path`, text: 'Improve this page' },
  },
});

/**
 * Written by typedoc, just before the site is built. Each page has the contents of its own package only, and the
 * names of the others: with all of it, each of some five hundred pages would be a quarter of a megabyte.
 */
function apiSidebars(): DefaultTheme.SidebarMulti {
  const file = new URL('../api/typedoc-sidebar.json', import.meta.url);
  if (!existsSync(file)) return {};
  const modules = JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[];
  const names = modules.map(({ text, link }) => ({ text, link }));

  const sidebarOf = ({ text, link = '', items }: DefaultTheme.SidebarItem) => [
    link,
    names.map((name) => (name.link === link ? { text, link, items, collapsed: false } : name)),
  ];
  return { '/api/': names, ...Object.fromEntries(modules.map(sidebarOf)) };
}
