-- Send messages on that were leased and whose keys belong to other partitions: each goes to the outbox for its partition, in the
-- order of the receipts. That is neither an attempt nor a start, and no end of a member of a flow.
--
-- rest  for each message: the list that it goes to, its receipt
-- returns for each 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local reply, started = {}, {}

for i = rest, #ARGV, 2 do
  local target, receipt = ARGV[i], ARGV[i + 1]
  local element = held(receipt)
  reply[#reply + 1] = element and 1 or 0
  if element then
    let_go(receipt)
    end_held(receipt, element)
    local flow = flow_of(element)
    if flow and redis.call('HINCRBY', members, flow, -1) <= 0 then redis.call('HDEL', members, flow) end
    -- It is no suspect there: its key waits until it is settled, so the order tells which message is to blame.
    local attempt, suspect, text = read_envelope(element, '')
    if suspect then element = write_envelope(attempt, false, text) end
    post_entry(target, '@0', 0, element)
    local key = free(receipt, 0)
    if key and key_rules().most == 1 and key_rules().rate then key_rate_return(key, receipt) end
    started[#started + 1] = receipt
  end
end

note_holder()
rate_return(started)
tell_arrived()
return reply
