import { mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import shared from '../tooling/vitest.js';

/** The file that takes longest is started first, so that the others are run beside it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/faults.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

// Every test has several processes of its own, which mostly wait.
export default mergeConfig(shared, {
  test: { maxWorkers: 2, maxConcurrency: 3, sequence: { sequencer: LongestFirst } },
});
