import type { Theme } from 'vitepress';
import theme from 'vitepress/theme';
import { BenchmarkBars } from './benchmark-bars.js';
import './style.css';
import './home.css';

export default {
  extends: theme,
  enhanceApp: ({ app }) => {
    app.component('BenchmarkBars', BenchmarkBars);
  },
} satisfies Theme;
