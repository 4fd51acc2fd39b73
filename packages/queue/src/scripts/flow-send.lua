-- Send members of a flow: they are counted, and written to the outboxes for their queues, in one step.
--
-- id    the flow
-- rest  for each: its queue, its delay (see `post`), its time to live in ms or 0, and the element. A flow whose continuation
--       is to be a member has 'flow:open' as its delay, its id, and its fields
-- returns nil when there is no such flow, else why it is over, or '' while it is not
local key = flow_prefix .. id
if not is_running(key) then return redis.call('HGET', key, 'over') or nil end

local counts, total = {}, 0
for i = rest, #ARGV, 4 do
  local target, delay_text, about, element = unpack(ARGV, i, i + 3)
  if delay_text == 'flow:open' then
    post_entry(target, delay_text, about, element)
  else
    post(target, delay_text, about, element)
  end
  counts[target] = (counts[target] or 0) + 1
  total = total + 1
end
redis.call('HINCRBY', key, 'sent', total)
for target, count in pairs(counts) do add_members(key, target, count) end
note_used(id, key)
return ''
