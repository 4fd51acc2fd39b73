-- Send members of a flow: they are counted, and written to the outboxes for their queues, in one step. Those for the queue that
-- the flow continues in are sent there at once.
--
-- id    the flow
-- rest  for each queue: its name, 'flow:members', how many there are, and these as `send_members` takes them. Or for a flow
--       whose continuation is to be a member: the queue of that, 'flow:open', the id of that flow, and its fields
-- returns nil when there is no such flow, else why it is over, or '' while it is not
local key = flow_prefix .. id
if not is_running(key) then return redis.call('HGET', key, 'over') or nil end

redis.call('LLEN', list)
local name, total = redis.call('HGET', key, 'name'), 0
begin_sending()
-- They are not refused, however many of their key wait.
key_rules().longest = nil
for i = rest, #ARGV, 4 do
  local target, kind, about, payload = unpack(ARGV, i, i + 3)
  local count = kind == 'flow:members' and tonumber(about) or 1
  if kind ~= 'flow:members' then
    post_entry(target, kind, about, payload)
  elseif target == list then
    send_members(name, sent_at, payload)
  else
    post_entry(target, kind, string.format('%.0f:', sent_at) .. name, payload)
  end
  add_members(key, target, count)
  total = total + count
end
redis.call('HINCRBY', key, 'sent', total)
note_used(id, key)
tell_due()
tell_arrived()
return ''
