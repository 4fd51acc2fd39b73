import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './run.mjs';

/** Removes the reports of earlier runs, so that only this run is counted. */
export function forgetReports() {
  for (const path of reportPaths()) rmSync(path);
}

/**
 * Names the tests that failed, and those that needed a second attempt, and adds up what vitest reported in every package.
 * False when a test failed, or none ran.
 */
export function printTotals() {
  const total = { passed: 0, failed: 0, skipped: 0, again: 0 };
  for (const path of reportPaths()) {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    printFailures(report);
    total.again += printSecondAttempts(report);
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests + failedToLoad(report);
    total.skipped += report.numPendingTests + report.numTodoTests;
  }

  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  const again = total.again > 0 ? ` (${total.again} at the second attempt)` : '';
  console.log(`\n${total.passed} passed${again}, ${total.failed} failed${skipped}`);
  return total.failed === 0 && total.passed > 0;
}

function reportPaths() {
  return ['packages', 'apps', '.']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .map((folder) => join(folder, '.turbo', 'test-report.json'))
    .filter((path) => existsSync(path));
}

/** Packages are tested side by side: what one of them said of a failure is far up by the end. */
function printFailures(report) {
  for (const { name, message } of report.testResults) {
    if (message) console.log(`\nfailed: ${relative(root, name)}\n${message}`);
  }
  for (const test of testsOf(report)) if (test.status === 'failed') print('failed', test);
}

/** Returns how many there were. A test that passes on an idle machine is to pass on a busy one, too. */
function printSecondAttempts(report) {
  const passed = testsOf(report).filter(({ status }) => status === 'passed');
  const again = passed.filter(({ failureMessages }) => failureMessages.length > 0);
  for (const test of again) print('only at the second attempt', test);
  return again.length;
}

function testsOf({ testResults }) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((result) => ({ ...result, file: relative(root, name) })),
  );
}

function print(what, { file, fullName, failureMessages }) {
  console.log(`\n${what}: ${file}: ${fullName}\n${failureMessages.map(ownLines).join('\n')}`);
}

/** Without the stack lines of the test runner. Where a test has taken too long, its report has this name in the place of a message. */
function ownLines(failure) {
  return failure
    .replace('Error: STACK_TRACE_ERROR', 'Error: not through within the time limit of the test')
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'))
    .join('\n');
}

/** A file that throws before its first test has no test that could count as failed. */
function failedToLoad({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
}
