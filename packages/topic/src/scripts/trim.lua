-- Apply retention. Only whole nodes of the stream are trimmed (`~`), so some more records remain. Records that every group
-- has acknowledged are removed first. If a limit requires it, further records are cut, and counted.
--
-- max_length, max_age_ms  0 for no limit
-- only_acknowledged       1 to remove only acknowledged records
-- hard_max_length         above this length, unacknowledged records are removed, too; 0 for never
-- returns how many records were cut that some group had not acknowledged
max_length, max_age_ms = tonumber(max_length), tonumber(max_age_ms)
only_acknowledged, hard_max_length = only_acknowledged == '1', tonumber(hard_max_length)
-- The most records that a node has by default. Fewer than that need not be removed yet.
local node = 100

local length = redis.call('XLEN', stream)
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if not first then return 0 end

local wanted = only_acknowledged and max_age_ms == 0 and length or 0
if max_length > 0 then wanted = length - max_length end
local min_id = max_age_ms > 0 and string.format('%.0f-0', math.max(0, now() - max_age_ms))
local is_aged = min_id and before(first[1], min_id)
if wanted < node and not is_aged then return 0 end

local floor, is_read = first_unacknowledged()
local acknowledged = 0
if floor and wanted >= node then
  acknowledged = redis.call('XTRIM', stream, 'MINID', '~', floor, 'LIMIT', wanted)
end
if floor and is_aged then
  acknowledged = acknowledged +
    redis.call('XTRIM', stream, 'MINID', '~', before(floor, min_id) and floor or min_id)
end

-- One XTRIM removes at most 100 nodes. The next publish continues.
local read = floor and #redis.call('XRANGE', stream, '-', is_read and floor or '(' .. floor,
  'COUNT', node) or 0
if acknowledged > 0 and read == node then return 0 end

-- The records that are removed from here on are unacknowledged, except the rest of a node.
local hard_length = only_acknowledged and hard_max_length or max_length
local is_over = hard_length > 0 and redis.call('XLEN', stream) - hard_length >= node
is_aged = is_aged and not only_acknowledged
if not is_over and not is_aged then return 0 end

local removed = is_aged and redis.call('XTRIM', stream, 'MINID', '~', min_id) or 0
if is_over then
  removed = removed + redis.call('XTRIM', stream, 'MAXLEN', '~', hard_length)
end
local cut = floor and math.max(0, removed - read) or 0
if cut > 0 then redis.call('HINCRBY', stats, 'cut', cut) end
return cut
