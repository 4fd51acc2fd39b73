-- Apply retention, to the record, to a partition that gets no more records. There, `trim` would leave the rest of a node for
-- ever, because nobody publishes to it any more.
--
-- max_length, max_age_ms  0 for no limit
-- only_acknowledged       1 to remove only acknowledged records
-- hard_max_length         above this length, unacknowledged records are removed, too; 0 for never
-- most                    how many records one call removes at most
-- returns { how many records were cut that some group had not acknowledged, how many were removed, how many are left }
max_length, max_age_ms, most = tonumber(max_length), tonumber(max_age_ms), tonumber(most)
only_acknowledged, hard_max_length = only_acknowledged == '1', tonumber(hard_max_length)

local length = redis.call('XLEN', stream)
if length == 0 then return { 0, 0, 0 } end

local function count(last)
  return #redis.call('XRANGE', stream, '-', last, 'COUNT', most)
end

local floor, is_read = first_unacknowledged()
local acknowledged = floor and count(is_read and floor or '(' .. floor) or 0
local wanted = max_length > 0 and length - max_length or 0
if max_age_ms > 0 then
  wanted = math.max(wanted, count(string.format('(%.0f-0', math.max(1, now() - max_age_ms))))
end
if only_acknowledged then
  if max_length == 0 and max_age_ms == 0 then wanted = acknowledged end
  wanted = math.min(wanted, acknowledged)
  if hard_max_length > 0 then wanted = math.max(wanted, length - hard_max_length) end
end
wanted = math.max(0, math.min(wanted, most))
if wanted == 0 then return { 0, 0, length } end

local removed = redis.call('XTRIM', stream, 'MAXLEN', length - wanted)
local cut = floor and math.max(0, removed - acknowledged) or 0
if cut > 0 then redis.call('HINCRBY', stats, 'cut', cut) end
return { cut, removed, length - removed }
