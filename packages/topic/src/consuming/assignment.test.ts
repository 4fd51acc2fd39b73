import { expect, it } from 'vitest';
import { shareOf } from './assignment.js';

it('the shares of all members make up all partitions, and differ by one at most', () => {
  for (const count of [1, 2, 5, 12, 64]) {
    for (const members of [1, 2, 3, 7, 20]) {
      const shares = Array.from({ length: members }, (_, rank) => shareOf(rank, members, count));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
  }
});
