import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const programs = new URL('e2e/foreign/programs/', root);

it.each(['python', 'ruby'])(
  'docs/other-languages.md has the programs in %s as npm run test:foreign runs them, each of less than 80 lines',
  (language) => {
    const page = readFileSync(new URL('docs/other-languages.md', root), 'utf8');
    const files = readdirSync(new URL(`${language}/`, programs)).filter((name) =>
      /\.(py|rb)$/.test(name),
    );
    expect(files).toHaveLength(5);
    for (const file of files) {
      const text = readFileSync(new URL(`${language}/${file}`, programs), 'utf8');
      expect(page).toContain(`\`${file}\`\n\n\`\`\`${language}\n${text}\`\`\`\n`);
      expect(text.split('\n').length - 1, file).toBeLessThan(80);
    }
  },
);
