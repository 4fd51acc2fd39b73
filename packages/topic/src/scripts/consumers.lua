-- Tell of each consumer of a group that holds a lease in this partition.
--
-- registration_prefix  what the keys begin with where each consumer tells of itself
-- returns { { name, when its lease ends, what it tells of itself or an empty text, how many records it holds }, ... }
local pending = {}
local infos = redis.call('EXISTS', stream) == 1 and redis.pcall('XINFO', 'CONSUMERS', stream, group) or {}
-- There is no such group when it was destroyed while its consumers ran.
for _, info in ipairs(infos.err and {} or infos) do
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  pending[fields.name] = fields.pending
end
local found = {}
local members = redis.call('ZRANGE', consumers, 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  local consumer = members[i]
  local about = redis.call('GET', registration_prefix .. consumer) or ''
  found[#found + 1] = { consumer, members[i + 1], about, pending[consumer] or 0 }
end
return found
