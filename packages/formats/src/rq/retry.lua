-- Note that an attempt of a job has failed, and that another one follows.
--
-- left    how many retries it has left then
-- status  scheduled or queued
-- returns 1, or 0 when the job was deleted
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HSET', job, 'retries_left', left, 'status', status)
return 1
