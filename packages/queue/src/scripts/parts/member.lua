-- Messages that are members of flows: their headers name the flow, behind what is for consumers and before the place.
-- `members` says how many of each flow are in this queue: those that have arrived, and have not ended. So it grows with the
-- flows and not with their members, and a purge knows how many it ends without reading them.
--
-- A member of this queue is, for its flow,
-- - on its way, from the step in which it is counted and written to an outbox of the queue that the flow continues in;
-- - here, from when `receive` sends it and counts it in `members`, or `flow-send` does where the flow continues in this queue;
-- - ended, as done, dead, expired or cancelled, from the step in which it is removed from this queue: the same step writes
--   that to the outbox for the queue that the flow continues in, and subtracts it from `members`. A dead letter is no member.
-- Each entry of an outbox is received once, so each member is counted once. The flow itself is described in flow.lua.
--
-- (In a block, because Lua has at most 200 local variables at a time, and some scripts are near that.)
local flow_of, without_flow, end_member, end_members_of, post_ending, post_ended, post_moved
do
  -- A header may be so long up to the end of its flow: the name of a queue and an id, all of it escaped.
  local longest_flow = 8192

  -- How the last member began, as its producer has written it, and its flow: the next one mostly begins alike.
  local known_beginning, known_flow

  -- The flow as a header names it: '+' if it asks for results, its id, a colon, and the queue that it continues in. Nil for
  -- a message that is no member.
  flow_of = function(element)
    if known_flow and element:sub(1, #known_beginning) == known_beginning then return known_flow end
    -- Most messages have nothing before the id.
    if element:sub(1, 3) ~= '\0011{' or element:sub(4, 8) == '"id":' then return nil end
    local flow = element:match('^\0011{"flow":"([^"\\\n]+)",')
    if flow then
      known_beginning, known_flow = '\0011{"flow":"' .. flow .. '",', flow
      return flow
    end
    local beginning = element:sub(1, longest_flow)
    if not beginning:find('"flow":"', 1, true) then return nil end
    local _, _, text = read_envelope(beginning, '')
    return (flow_in(text))
  end

  -- What is left of an element that becomes a dead letter: see `read_envelope`. It has ended for its flow, and does not end again.
  without_flow = function(text)
    if not text:sub(1, longest_flow):find('"flow":"', 1, true) then return text end
    local name, first, behind = flow_in(text)
    return name and text:sub(1, first - 1) .. text:sub(behind) or text
  end

  local outcome_numbers = { done = 1, dead = 2, expired = 3, cancelled = 4 }
  local flows_of_ended, ended_of_flow = {}, {}

  -- What has ended of a flow.
  local function ended_of(name)
    local ended = ended_of_flow[name]
    if not ended then
      ended = { counts = { 0, 0, 0, 0 }, results = {} }
      ended_of_flow[name] = ended
      flows_of_ended[#flows_of_ended + 1] = name
    end
    return ended
  end

  -- So many members of a flow are done, which does not ask for results.
  end_members_of = function(name, count)
    local counts = ended_of(name).counts
    counts[1] = counts[1] + count
  end

  -- A member has ended: `post_ended` tells it to its flow.
  --
  -- how           'done', 'dead', 'expired' or 'cancelled'
  -- field, value  its result: 'value' or 'error' and what it is, where the flow asks for results
  end_member = function(element, how, field, value)
    local name = flow_of(element)
    if not name then return end
    local ended, number = ended_of(name), outcome_numbers[how]
    ended.counts[number] = ended.counts[number] + 1
    if name:sub(1, 1) ~= '+' then return end
    local ok, header = pcall(cjson.decode, element:match('^..({[^\n]*)'))
    local id = ok and type(header) == 'table' and header.id or ''
    local results = ended.results
    results[#results + 1] = cmsgpack.pack({ id, how, field or '', value or '' })
  end

  -- So many members of a flow have ended in this queue, by their outcomes.
  post_ending = function(name, counts, results)
    local left = redis.call('HINCRBY', members, name, -(counts[1] + counts[2] + counts[3] + counts[4]))
    if left <= 0 then
      redis.call('HDEL', members, name)
      if redis.call('HDEL', shape, 'cancelled_flow:' .. name) == 1 then shape_changed() end
    end
    local id, target = name:match('^%+?([^:]+):(.+)$')
    post_entry(target, 'flow:ended', id, cmsgpack.pack({ list, counts, results }))
  end

  -- A member has come from another list. That goes the same way as its end, so it is known before that.
  post_moved = function(name, from)
    local id, target = name:match('^%+?([^:]+):(.+)$')
    post_entry(target, 'flow:moved', id, cmsgpack.pack({ from, list }))
  end

  -- The last step of a script that ends messages.
  post_ended = function()
    for _, name in ipairs(flows_of_ended) do
      post_ending(name, ended_of_flow[name].counts, ended_of_flow[name].results)
    end
    flows_of_ended, ended_of_flow = {}, {}
  end
end
