-- Close a flow: its continuation is sent when all members have ended.
--
-- returns nil when there is no such flow, else why it is over, or '' while it is not
local key = flow_prefix .. id
if is_running(key) then
  write_before_growing('ZREM', flows)
  redis.call('HSET', key, 'closed', 1)
  note_used(id, key)
  end_if_through(id, key)
  tell_due()
  tell_arrived()
  if is_running(key) then return '' end
end
return redis.call('HGET', key, 'over') or nil
