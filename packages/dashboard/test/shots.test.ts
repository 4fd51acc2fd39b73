import { it, onTestFinished } from 'vitest';
import { useBrowser } from './support/browser.js';
import { createScene } from './support/scene.js';
import { useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();
const browser = useBrowser();

it('shots', async () => {
  const scene = await createScene(dashboards.connection());
  onTestFinished(() => scene.stop());
  const { url } = await dashboards.serve();
  const screens: Record<string, string> = {
    now: '/',
    queue: '/queues/thumbnails',
    messages: '/queues/thumbnails/messages',
    message: '/queues/thumbnails/messages/image-3',
    settled: '/queues/emails/messages?state=settled',
    dead: '/queues/invoices/dead-letters',
    letter: `/queues/invoices/dead-letters/${scene.entries[0]}`,
    consumers: '/consumers',
    qconsumers: '/queues/emails/consumers',
    schedules: '/schedules',
    schedule: '/queues/reports/schedules/daily',
    topic: '/topics/orders',
    group: '/topics/orders/groups/billing',
    server: '/server',
    audit: '/audit',
  };
  const only = process.env.SHOTS?.split(',');
  for (const [name, path] of Object.entries(screens)) {
    if (only && !only.includes(name)) continue;
    for (const [kind, options] of Object.entries({
      light: {},
      dark: { colorScheme: 'dark' as const },
      narrow: { width: 360, height: 780 },
    })) {
      const { page, troubles } = await browser.open(url + path, options);
      await page.waitForTimeout(name === 'now' ? 4500 : 900);
      await page.screenshot({ path: `/tmp/dash-shots/${name}-${kind}.png`, fullPage: kind !== 'narrow' });
      if (troubles.length) console.log(name, kind, troubles);
    }
  }
});
