// Takes the pictures of the dashboard and of `redpost top` that are in the documents, on a private Redis.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { chromium } from 'playwright-core';
import { playScene } from './scene.mjs';

const require = createRequire(import.meta.url);
const bin = path.join(path.dirname(require.resolve('@redpost/cli/package.json')), 'dist/bin.js');
const folder = new URL('../pictures/', import.meta.url);
const size = { width: 1280, height: 720 };

const screens = {
  'dashboard-now': '/',
  'dashboard-queue': '/queues/emails',
  'dashboard-dead-letters': '/queues/invoices/dead-letters',
  'dashboard-topic': '/topics/orders',
};
/** The dashboard shows the rates of the last minute. */
const watchedMs = 70_000;

const redis = await startRedis();
const connection = connect(redis.url);
const scene = await playScene(connection);
// scripts/screenshots.mjs tells where it is.
const executablePath = process.env.REDPOST_CHROMIUM;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const started = [];
try {
  const top = recordTop();
  await takeScreens(await serveDashboard());
  await takeTop(await top);
} finally {
  for (const child of started) child.kill('SIGTERM');
  await browser.close();
  await scene.stop();
  await connection.close();
  await redis.stop();
}

async function serveDashboard() {
  const server = spawn(process.execPath, [bin, 'dashboard', '--port', '0', '--redis', redis.url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(server);
  let said = '';
  for await (const chunk of server.stderr) {
    said += chunk;
    const [url] = /http:\/\/[\w.]+:\d+(?=\/)/.exec(said) ?? [];
    if (url) return url;
  }
  throw new Error(`redpost dashboard has ended: ${said}`);
}

async function takeScreens(url) {
  const opened = await Promise.all(
    ['light', 'dark'].map(async (colorScheme) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: size,
        reducedMotion: 'reduce',
        timezoneId: 'Europe/Berlin',
      });
      return { colorScheme, page: await context.newPage() };
    }),
  );
  await Promise.all(opened.map(({ page }) => page.goto(url)));
  await new Promise((done) => setTimeout(done, watchedMs));

  for (const { colorScheme, page } of opened) {
    for (const [name, place] of Object.entries(screens)) {
      if (place !== '/') await page.goto(url + place);
      await page.locator('main h1').first().waitFor();
      await page.waitForTimeout(3000);
      await save(colorScheme === 'dark' ? `${name}-dark` : name, await page.screenshot());
    }
  }
}

/** What `redpost top` writes to a terminal in some seconds. */
async function recordTop() {
  const command = `stty cols 120 rows 24; exec '${process.execPath}' '${bin}' top --redis ${redis.url}`;
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(terminal);
  const chunks = [];
  terminal.stdout.on('data', (chunk) => chunks.push(chunk));
  await new Promise((done) => setTimeout(done, 40_000));
  return Buffer.concat(chunks).toString();
}

async function takeTop(shown) {
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  await page.setContent(
    '<body style="margin:0"><div id="screen" style="padding:14px;width:max-content"></div>',
  );
  await page.addStyleTag({ path: require.resolve('@xterm/xterm/css/xterm.css') });
  await page.addScriptTag({ path: require.resolve('@xterm/xterm/lib/xterm.js') });
  await page.evaluate(async (text) => {
    const screen = document.getElementById('screen');
    const theme = {
      background: '#151a22',
      foreground: '#e6e9ee',
      red: '#ff6b5e',
      brightBlack: '#7b8798',
    };
    screen.style.background = theme.background;
    const terminal = new globalThis.Terminal({ cols: 120, rows: 24, fontSize: 15, theme });
    terminal.open(screen);
    await new Promise((done) => terminal.write(text, done));
  }, shown);
  await page.waitForTimeout(500);
  await save('top', await page.locator('#screen').screenshot());
}

/** As WebP, which is a third of a PNG; the browser knows how to write it. */
async function save(name, png) {
  const page = await browser.newPage();
  const webp = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85).split(',')[1];
  }, png.toString('base64'));
  await page.close();
  await writeFile(new URL(`${name}.webp`, folder), Buffer.from(webp, 'base64'));
  console.error(`docs/pictures/${name}.webp`);
}
