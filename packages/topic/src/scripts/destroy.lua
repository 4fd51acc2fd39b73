-- Delete a partition of a topic: its records, its groups and the keys of these groups. All keys are read first, so that a
-- key of another type is refused before anything is deleted.
--
-- prefix  the beginning of the keys of the groups
-- returns { the number of records, the number of dead letters, the names of the groups... }
local length, dead = redis.call('XLEN', stream), 0
for _, hash in ipairs({ stats, ids, former_ids }) do redis.call('HLEN', hash) end
local groups = {}
if redis.call('EXISTS', stream) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do groups[#groups + 1] = info[2] end
end

local gone = { stream, stats, ids, former_ids }
for _, group in ipairs(groups) do
  for _, consumer in ipairs(redis.call('ZRANGE', prefix .. ':consumers:' .. group, 0, -1)) do
    gone[#gone + 1] = prefix .. ':consumer:' .. group .. ':' .. consumer
  end
  local function count(command, word)
    local key = prefix .. ':' .. word .. ':' .. group
    gone[#gone + 1] = key
    return redis.call(command, key)
  end
  dead = dead + count('XLEN', 'dead')
  for _, word in ipairs({ 'consumers', 'delayed', 'suspects' }) do count('ZCARD', word) end
  count('HLEN', 'stats')
end
for _, key in ipairs(gone) do redis.call('UNLINK', key) end
return { length, dead, unpack(groups) }
