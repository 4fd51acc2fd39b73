<?php
// A queue of Laravel without the rest of it, as Debian packages it.
require_once 'Illuminate/Queue/autoload.php';
require_once 'Illuminate/Redis/autoload.php';
require_once 'Illuminate/Events/autoload.php';
require_once 'Illuminate/Bus/autoload.php';

use Illuminate\Container\Container;
use Illuminate\Queue\RedisQueue;
use Illuminate\Redis\RedisManager;

$container = new Container();
Container::setInstance($container);
$url = parse_url(getenv('REDIS_URL'));
$redis = new RedisManager($container, 'phpredis', [
    'options' => ['prefix' => 'app-'],
    'default' => ['host' => $url['host'], 'port' => $url['port'], 'database' => 0],
]);
$queue = new RedisQueue($redis, 'default', null, 2, 1);
$queue->setContainer($container);
$queue->setConnectionName('redis');

class SendMail
{
    public function handle($job, $data)
    {
        global $redis;
        if ($data['to'] === 'nobody') {
            throw new RuntimeException('no');
        }
        $redis->connection()->rpush('done', $data['to'] . ' ' . $job->attempts());
        $job->delete();
    }
}

class Note
{
    public $to;

    public function __construct($to)
    {
        $this->to = $to;
    }
}
