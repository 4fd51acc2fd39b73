-- Receive messages from the outbox of another queue, each once: those up to the last one that was received before are not
-- sent again. What flows are told comes the same way: see member.lua and flow.lua.
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

local arrived = {}

-- was_moved  it was sent on by another partition of this queue: see pass-on.lua
local function arrive(element, was_moved)
  local flow = flow_of(element)
  if flow then arrived[flow] = (arrived[flow] or 0) + 1 end
  if not was_moved then return end
  if flow then post_moved(flow, source:match('^[^:]*:(.*)$')) end
  local once_key, id = once_of(element)
  if once_key then begin_once(once_key, id) end
end

-- How many members of each flow are here now.
local function note_arrived()
  for flow, count in pairs(arrived) do redis.call('HINCRBY', members, flow, count) end
  arrived = {}
end

local on_flow = {
  ['flow:members'] = function(about, packed)
    local posted, flow = about:match('^(%d+):(.*)$')
    send_members(flow, tonumber(posted), packed)
  end,
  ['flow:ended'] = count_ended,
  ['flow:moved'] = note_moved,
  ['flow:open'] = function(id, payload)
    local fields = cmsgpack.unpack(payload)
    if open_flow(id, fields) then return end
    -- There is one with this id: for the flow around it, this one has never been.
    local outer
    for i = 1, #fields, 2 do
      if fields[i] == 'of' then outer = fields[i + 1] end
    end
    if outer then
      redis.call('HINCRBY', members, outer, 1)
      post_ending(outer, { 0, 0, 0, 1 }, {})
    end
  end,
  ['flow:cancel'] = function(_, flow)
    note_arrived()
    cancel_nested(flow)
    -- Its members are here, and are not started any more.
    if redis.call('HEXISTS', members, flow) == 0 then return end
    if redis.call('HSETNX', shape, 'cancelled_flow:' .. flow, 1) == 1 then shape_changed() end
  end,
}

-- What was sent before a list of another type was met would be sent again by the next call.
for n, id in ipairs(all) do
  local i = rest + 3 * n - 3
  local wrong = is_new(id) and not on_flow[ARGV[i]] and wrong_place(ARGV[i + 2])
  if wrong then return wrong_type(wrong) end
end

begin_sending()
-- The message that sent it is acknowledged: it is not refused, however many of its key wait.
key_rules().longest = nil
local received = 0
for n, id in ipairs(all) do
  if is_new(id) then
    local i = rest + 3 * n - 3
    local tell_flow = on_flow[ARGV[i]]
    if tell_flow then
      tell_flow(ARGV[i + 1], ARGV[i + 2])
    else
      send_message(n)
      arrive(ARGV[i + 2], ARGV[i] == '@0')
    end
    received = received + 1
  end
end
note_arrived()
if received > 0 then
  redis.call('HSET', inbox, source, all[#all])
  -- That of a queue that was destroyed expires.
  redis.call('PERSIST', inbox)
end
tell_due()
tell_arrived()
return received
