import { renderMermaidSVG } from 'beautiful-mermaid';
import type { MarkdownRenderer } from 'vitepress';

/**
 * Draws mermaid diagrams while the site is built, so that no page loads a renderer. Colours are
 * variables of theme/style.css, hence those of the light or the dark theme.
 */
export function drawDiagrams(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;

  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index] ?? { info: '', content: '' };
    if (info.trim() !== 'mermaid') return fence?.(tokens, index, ...rest) ?? '';
    return `<div class="diagram" tabindex="0" v-pre>${draw(content)}</div>\n`;
  };
}

function draw(diagram: string): string {
  const svg = renderMermaidSVG(diagram, { transparent: true, padding: 8 });
  // Vue allows no style element in a template, and this one asks another site for its font.
  return svg.replace(/<style>.*?<\/style>/s, '').replace(/ style="[^"]*"/, '');
}
