-- Acknowledge messages whose results are kept, that are followed by others, or that are members of flows.
--
-- plain  how many of them were handled, have no value, and are followed by none
-- rans   JSON: how many µs each of these took
-- rest   the receipts of these. Then for each other message: receipt, 0 if it was handled, 1 if it had expired, 2 if its flow was
--        cancelled, 1 if there is a value, the value, how many µs it took, how many messages follow it, and for each of these:
--        its queue, its delay (see `post`), its time to live in ms or 0, and the element
-- returns for each message 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local has_labels = redis.call('EXISTS', labels) == 1
local reply, counts = {}, { acked = 0, expired = 0, cancelled = 0 }
local hows = {
  ['0'] = { 'acked', 'done' }, ['1'] = { 'expired', 'expired' }, ['2'] = { 'cancelled', 'cancelled' },
}

-- The key of a result that is of another type: its message stays with the consumer.
local wrong_key

-- Returns whether the result is kept, if there is to be one.
local function finish(receipt, element, how, ran_us, value)
  local counter, state = unpack(hows[how])
  local field = value and 'value' or nil
  if kept_ms(element) then
    local wrong = keep_result(element, state, kept_attempts(element) + (how == '0' and 1 or 0), field, value)
    if wrong then
      wrong_key = wrong
      return false
    end
  end
  end_held(receipt, element)
  end_member(element, state, field, value)
  if has_labels then free(receipt, ran_us) end
  counts[counter] = counts[counter] + 1
  return true
end

local first_other = rest + plain
local receipts, ran = { unpack(ARGV, rest, first_other - 1) }, cjson.decode(rans)
local elements = held_under(receipts)
local ended = {}
for n = 1, #receipts do
  if elements[n] and finish(receipts[n], elements[n], '0', ran[n]) then ended[#ended + 1] = receipts[n] end
  reply[n] = elements[n] and 1 or 0
end
let_go_of(ended)

local i = first_other
while i <= #ARGV do
  local receipt, how, has_value, value, ran_us, follow_ups = unpack(ARGV, i, i + 5)
  local first_of_next = i + 6 + 4 * follow_ups
  local element = held(receipt)
  if element and finish(receipt, element, how, tonumber(ran_us), has_value == '1' and value or nil) then
    for n = i + 6, first_of_next - 1, 4 do post(unpack(ARGV, n, n + 3)) end
    let_go(receipt)
  end
  reply[#reply + 1] = element and 1 or 0
  i = first_of_next
end

note_holder()
post_ended()
for counter, count in pairs(counts) do finished(counter, count) end
tell_arrived()
if wrong_key then return wrong_type(wrong_key) end
return reply
