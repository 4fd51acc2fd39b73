import { expect, it } from 'vitest';
import { StartSlack } from './start-slack.js';

it('is 2 % of the window, and 5 ms at least', () => {
  expect(new StartSlack(1000).ms).toBe(20);
  expect(new StartSlack(10).ms).toBe(5);
});

it('becomes longer until the answers are in time, and shorter again when they are very early', () => {
  const slack = new StartSlack(10);
  for (let n = 0; n < 5; n += 1) slack.answered(30, slack.ms);
  expect(slack.ms).toBe(40);
  slack.answered(1, slack.ms);
  slack.answered(1, slack.ms);
  expect(slack.ms).toBe(10);
  for (let n = 0; n < 5; n += 1) slack.answered(1, slack.ms);
  expect(slack.ms).toBe(5);
});

it('several late answers to calls that were out together count as one', () => {
  const slack = new StartSlack(10);
  for (let n = 0; n < 4; n += 1) slack.answered(30, 5);
  expect(slack.ms).toBe(10);
});
