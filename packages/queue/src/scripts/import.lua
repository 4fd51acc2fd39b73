-- Import messages of another system, each once: those up to the last entry that was imported before are not imported again.
-- They wait where messages of producers do, or are dead letters.
--
-- source  what names the stream of entries that they come from
-- rest    for each its entry; when it is due in ms since 1970, '0' for at once or '' for a dead letter; the element as a
--         producer writes it; and of a dead letter its reason, error and stack
-- returns how many were new
redis.call('LLEN', list)
redis.call('ZCARD', delayed)
redis.call('XLEN', dead)
redis.call('HLEN', stats)
local last = redis.call('HGET', inbox, source)
local last_ms, last_number = (last or '0-0'):match('^(%d+)-(%d+)$')
begin_sending()

local function is_new(entry)
  local ms, number = entry:match('^(%d+)-(%d+)$')
  if ms ~= last_ms then return tonumber(ms) > tonumber(last_ms) end
  return tonumber(number) > tonumber(last_number)
end

local function put_imported(due, element)
  if due > sent_at then
    delay(due, element)
    return note_due(due)
  end
  local level, key = place_of_sent(element)
  put_at(level, key, element)
end

-- What was imported before a list of another type was met would be imported again by the next call.
for i = rest, #ARGV, 6 do
  local entry, due, element = unpack(ARGV, i, i + 2)
  local wrong = due ~= '' and is_new(entry) and wrong_place(element)
  if wrong then return wrong_type(wrong) end
end

local imported, died = 0, 0
for i = rest, #ARGV, 6 do
  local entry, due, element, reason, message, stack = unpack(ARGV, i, i + 5)
  if is_new(entry) then
    if due == '' then
      died = died + 1
      add_dead_letter(reason, message, element, 'stack', stack)
    else
      put_imported(tonumber(due), element)
    end
    imported, last = imported + 1, entry
  end
end
if imported > 0 then
  redis.call('HSET', inbox, source, last)
  redis.call('PERSIST', inbox)
end
tell_due()
tell_arrived()
trim_dead_letters(died)
return imported
