-- Note that the queue has imported all jobs up to an entry. What is kept of them expires: for the way back.
--
-- up_to    the last entry
-- own      what the keys begin with that hold the jobs that were taken
-- keep_ms  for how long that is
-- rest     the entries
local function numbers(id)
  local ms, number = id:match('^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(number)
end

local ms, number = numbers(up_to)
local known_ms, known_number = numbers(redis.call('HGET', move, 'imported') or '0-0')
if ms > known_ms or ms == known_ms and number > known_number then redis.call('HSET', move, 'imported', up_to) end
for i = rest, #ARGV do
  redis.call('PEXPIRE', own .. 'job:' .. ARGV[i], keep_ms)
  redis.call('PEXPIRE', own .. 'logs:' .. ARGV[i], keep_ms)
end
local last = redis.call('XREVRANGE', taken, '+', '-', 'COUNT', 1)[1]
if last and last[1] == redis.call('HGET', move, 'imported') then
  redis.call('PEXPIRE', taken, keep_ms)
  redis.call('PEXPIRE', move, keep_ms)
end
return 1
