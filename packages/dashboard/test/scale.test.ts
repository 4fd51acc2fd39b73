import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { useBrowser } from './support/browser.js';
import { useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();
const browser = useBrowser();

/** A million messages in a thousand queues, as producers in any language push them. */
const fill = `
  for queue = 1, 1000 do
    local bodies = {}
    for n = 1, 1000 do bodies[n] = '{"n":' .. n .. '}' end
    redis.call('LPUSH', string.format('queue-%04d', queue), unpack(bodies))
    redis.call('ZADD', '{redpost}:queues', ARGV[1], string.format('queue-%04d', queue))
  end`;

it('with 1,000 queues and 1,000,000 messages the page is painted before it has their data, and its list does not grow', async () => {
  const connection = connect(dashboards.redis.url, { callTimeoutMs: 60_000 });
  onTestFinished(() => connection.close());
  await connection.call('EVAL', [fill, 0, Date.now()]);
  const busiest = new Queue('queue-0500', { connection });
  await (await busiest.receive())?.deadLetter('no');
  const { url } = await dashboards.serve();
  const { page, troubles } = await browser.open(`${url}/api/openapi.json`);
  const startedAt = performance.now();
  await page.goto(url);
  await page.locator('tbody tr').nth(49).waitFor();
  const rowsMs = performance.now() - startedAt;
  const paintMs = (await page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0].startTime",
  )) as number;
  console.log(`first paint after ${Math.round(paintMs)} ms, rows after ${Math.round(rowsMs)} ms`);
  expect(paintMs).toBeLessThan(rowsMs);
  expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(51);
  await page.getByText('1–50 of 1000').waitFor();
  expect(await page.locator('.tiles').textContent()).toContain('999,999');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('51–100 of 1000').waitFor();
  await page.goto(`${url}/queues/queue-0001/messages?limit=100`);
  await page.locator('tbody tr').nth(99).waitFor();
  expect(troubles).toEqual([]);
});
