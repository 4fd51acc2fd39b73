<?php
// Pushes jobs as a program that uses Laravel does, or asks it about its queue, and prints what comes of it.
require __DIR__ . '/laravel_queue.php';

$calls = [
    'push' => fn () => $queue->push('SendMail@handle', ['to' => 'ann']),
    'later' => fn () => $queue->later(1, 'SendMail@handle', ['to' => 'later']),
    'object' => fn () => $queue->push(new Note('bob')),
    'fail' => fn () => $queue->push('SendMail@handle', ['to' => 'nobody']),
    'many' => fn () => array_map(fn ($n) => $queue->push('SendMail@handle', ['to' => "$n"]), range(0, 199)),
    'size' => fn () => $queue->size(),
    // Takes a job as a worker does, and gives it back at once.
    'release' => function () use ($queue) {
        $job = $queue->pop();
        $job->release(0);
        return $job->attempts();
    },
];

echo json_encode($calls[$argv[1]]()), "\n";
