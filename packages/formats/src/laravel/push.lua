-- Push a job, with what wakes a worker that waits.
--
-- job     the job
redis.call('RPUSH', list, job)
redis.call('RPUSH', notify, 1)
return 1
