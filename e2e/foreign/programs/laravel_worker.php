<?php
// A worker of Laravel: takes jobs, and releases those that fail.
require __DIR__ . '/laravel_queue.php';

echo "ready\n";
while (true) {
    $job = $queue->pop();
    if (!$job) {
        continue;
    }
    try {
        $job->fire();
    } catch (Throwable $error) {
        $job->release(1);
    }
}
