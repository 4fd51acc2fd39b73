-- Receive messages from the outbox of another queue, each once: those up to the last one that was received before are not
-- sent again.
--
-- source  what names that outbox
-- ids     JSON: the ids of the entries, in their order
-- returns how many were new
redis.call('LLEN', list)
redis.call('ZCARD', delayed)
local last = redis.call('HGET', inbox, source)
local all = cjson.decode(ids)

local function is_new(id)
  if not last then return true end
  local ms, number = id:match('^(%d+)-(%d+)$')
  local last_ms, last_number = last:match('^(%d+)-(%d+)$')
  if ms ~= last_ms then return tonumber(ms) > tonumber(last_ms) end
  return tonumber(number) > tonumber(last_number)
end

begin_sending()
-- The message that sent it is acknowledged: it is not refused, however many of its key wait.
key_rules().longest = nil
local received = 0
for n, id in ipairs(all) do
  if is_new(id) then
    send_message(n)
    received = received + 1
  end
end
if received > 0 then redis.call('HSET', inbox, source, all[#all]) end
tell_due()
tell_arrived()
return received
