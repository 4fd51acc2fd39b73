-- Cancel a flow: what has not ended counts as cancelled, and the continuation is sent.
--
-- returns 1, or 0 if it was over, or there is none
local key = flow_prefix .. id
if not is_running(key) then return 0 end
cancel_flow(id, key)
tell_due()
tell_arrived()
return 1
