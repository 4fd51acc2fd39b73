-- Give jobs that were taken back to BullMQ, where they were. One that is there again already is left out.
--
-- base  what the keys of jobs begin with
-- own   what the keys begin with that hold the jobs that were taken
-- rest  their entries, in their order
-- returns how many were given back
local is_paused = redis.call('HEXISTS', meta, 'paused') == 1
-- Jobs of a paused queue are in a list of their own before version 6.
local is_old = (redis.call('HGET', meta, 'version') or ''):match(':[1-5]%.') ~= nil
local waiting = is_paused and is_old and paused or wait
local sets = { prioritized = prioritized, delayed = delayed, failed = failed }

local function give_back(entry, state, id, score)
  local held, held_logs = own .. 'job:' .. entry, own .. 'logs:' .. entry
  if redis.call('EXISTS', held) == 0 then return 0 end
  -- Another job has this id by now.
  if redis.call('EXISTS', base .. id) == 1 then id = id .. '-' .. entry end
  if sets[state] then
    redis.call('ZADD', sets[state], score, id)
  else
    redis.call('LPUSH', waiting, id)
  end
  redis.call('RENAME', held, base .. id)
  redis.call('PERSIST', base .. id)
  if redis.call('EXISTS', held_logs) == 1 then
    redis.call('RENAME', held_logs, base .. id .. ':logs')
    redis.call('PERSIST', base .. id .. ':logs')
  end
  redis.call('XDEL', taken, entry)
  return 1
end

local count = 0
for i = rest, #ARGV do
  local found = redis.call('XRANGE', taken, ARGV[i], ARGV[i])[1]
  if found then
    local fields = {}
    for at = 1, #found[2], 2 do fields[found[2][at]] = found[2][at + 1] end
    count = count + give_back(ARGV[i], fields.state, fields.id, fields.score)
  end
end
-- Workers sleep until there is a marker.
if count > 0 and not is_paused then
  redis.call('ZADD', marker, 0, '0')
  local next_delayed = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if next_delayed then redis.call('ZADD', marker, string.format('%.0f', math.floor(next_delayed / 4096)), '1') end
end
return count
