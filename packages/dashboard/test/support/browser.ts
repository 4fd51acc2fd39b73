import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is. */
function executable(): string {
  const found = [process.env.REDPOST_CHROMIUM, ...places].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error(
    'These tests need Chromium, and it is not installed: run `node scripts/chromium.mjs`, or set REDPOST_CHROMIUM to its path',
  );
}

/** A page, and what went wrong in it. */
export interface OpenedPage {
  page: Page;
  /** Errors of its scripts, refusals of its policy, and requests to anywhere else. */
  troubles: string[];
}

/** A headless Chromium for the tests of one file. */
export function useBrowser() {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executable(),
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });
  });
  afterAll(() => browser?.close());

  return {
    async open(
      url: string,
      options: { colorScheme?: 'light' | 'dark'; width?: number; height?: number } = {},
    ): Promise<OpenedPage> {
      const { colorScheme = 'light', width = 1280, height = 800 } = options;
      const context = await (browser as Browser).newContext({
        colorScheme,
        viewport: { width, height },
        reducedMotion: 'reduce',
        timezoneId: 'Europe/Berlin',
      });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const troubles: string[] = [];
      page.on('pageerror', (error) => troubles.push(String(error)));
      page.on('console', (message) => {
        const text = message.text();
        // The browser reports answers that are no success, too: what follows from them is tested.
        if (message.type() === 'error' && !/Failed to load resource/.test(text))
          troubles.push(text);
      });
      page.on('request', (request) => {
        const address = request.url();
        if (!address.startsWith(new URL(url).origin) && !address.startsWith('data:')) {
          troubles.push(`a request to ${address}`);
        }
      });
      await page.goto(url);
      return { page, troubles };
    },
  };
}
