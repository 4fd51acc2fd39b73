-- Delete a partition of a topic: its records, its groups, and all that these keep. Everything is looked
-- at first, so that a key of another type is refused before anything is gone.
--
-- prefix  what the keys of a group begin with
-- returns { how many records, how many dead letters, names of the groups... }
local length, dead = redis.call('XLEN', stream), 0
for _, hash in ipairs({ stats, ids, former_ids }) do redis.call('HLEN', hash) end
local groups = {}
if redis.call('EXISTS', stream) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do groups[#groups + 1] = info[2] end
end

local gone = { stream, stats, ids, former_ids }
for _, group in ipairs(groups) do
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
