-- Note how far handlers have come with messages whose results are kept.
--
-- rest  for each message: id, how long the progress is kept in ms, attempt, progress
for i = rest, #ARGV, 4 do
  local id, ms, attempt, value = unpack(ARGV, i, i + 3)
  local key = result_prefix .. id
  -- One that is through has a result.
  if redis.call('HEXISTS', key, 'state') == 0 then
    redis.call('HSET', key, 'attempt', attempt, 'progress', value)
    redis.call('PEXPIRE', key, ms)
    tell_waiters(id, { attempt = tonumber(attempt) }, value)
  end
end
