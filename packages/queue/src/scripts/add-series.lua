-- Add what a consumer has counted to the sums of this minute and of this hour.
--
-- minutes, hours  how many are kept
-- rest            numbers, in the order of docs/protocol.md
write_before_growing('HDEL', series)
local time = now()
local minute, hour = math.floor(time / 60000), math.floor(time / 3600000)

-- Returns whether these are the first numbers of their time.
local function add(field)
  local former = redis.call('HGET', series, field)
  local sums = {}
  for number in (former or ''):gmatch('%d+') do sums[#sums + 1] = number end
  for i = rest, #ARGV do
    local at = i - rest + 1
    sums[at] = string.format('%.0f', (sums[at] or 0) + ARGV[i])
  end
  redis.call('HSET', series, field, table.concat(sums, ','))
  return not former
end

add('m' .. minute)
if add('h' .. hour) then
  local old = {}
  for _, field in ipairs(redis.call('HKEYS', series)) do
    local unit, number = field:match('^([mh])(%d+)$')
    local is_old = unit == 'm' and number + minutes <= minute or unit == 'h' and number + hours <= hour
    if is_old then old[#old + 1] = field end
  end
  for i = 1, #old, 1000 do
    redis.call('HDEL', series, unpack(old, i, math.min(#old, i + 999)))
  end
end
return 1
