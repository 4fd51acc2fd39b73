-- Acknowledge what has been settled and lease what comes next, in one round trip.
-- Refused as a whole when the consumer's lease is lost, because others have what it held; and when the queue
-- has another shape than the consumer knows.
--
-- count         how many to lease, at most 1000
-- as_batch      1 if several may be one batch
-- with_list     1 if they may be from the list, 0 if only from those that were returned
-- with_suspect  1 if a suspect may be among them
-- first         the receipt of the first one, as a text: Lua writes a number slowly
-- handed_off    the receipt of what a blocking move has brought, or ''
-- expired       how many of the acknowledged had expired
-- rest          so many (`whole`) whole batches to acknowledge, then receipts to acknowledge
-- ran           see `free_acknowledged`
-- returns nil when the lease is lost, 0 when the shape is another one, else { now, suspect or nil, elements,
--       1 if the next one did not fit into the answer, in how many ms to ask again if the gate let fewer
--       through, or -1 if a signal or another shape tells when, 1 if a suspect waits for messages of higher levels,
--       in how many ms the next key may be taken or nil, how many keys are ready or nil, how many of the acknowledged were
--       still held, how many more messages the limits leave room for or nil, and how many elements that follow each other
--       are of one key, or negative how many that are not, or nil if each may be handled at once }; the suspect has the
--       first receipt, and the
--       others the following ones. Small elements come as MessagePack: the client takes that apart faster
--       than hundreds of replies
if not redis.call('ZSCORE', consumers, consumer) then return nil end
if is_reshaped() then return 0 end

note_brought(handed_off, (hold_handed_off(handed_off)))

local acknowledged = 0
if #ARGV >= rest then
  local whole_batches, receipts = { unpack(ARGV, rest, rest - 1 + whole) }, { unpack(ARGV, rest + whole) }
  end_members(whole_batches, receipts)
  acknowledged = acknowledge(whole_batches, receipts)
  post_ended()
  -- After that, what was acknowledged singly has a label of its own.
  free_acknowledged(whole_batches, receipts, ran)
  note_acknowledged(whole_batches, receipts)
  -- Fewer when they come a second time, because the answer got lost.
  local unhandled = math.min(expired, acknowledged)
  finished('acked', acknowledged - unhandled)
  finished('expired', unhandled)
end

-- An error for a key that is no list, before anything is taken that would be lost then. And what the gate lets through
-- is not kept for a suspect that does not come.
local is_suspect_later
if with_suspect == '1' then
  local suspect_comes
  suspect_comes, is_suspect_later = finds_suspect()
  with_suspect = suspect_comes and '1' or '0'
end

-- For the gate a suspect is one of them.
local free, ask_again_ms = allowed(count + with_suspect)
if free < count + with_suspect then
  if free == 0 then with_suspect = '0' end
  count = math.min(count, free - with_suspect)
end

-- Before HSET, which a server that is out of memory refuses unless the script has written before.
local elements, is_cut = take(tonumber(count), with_list == '1')
if wrong_key and not elements[1] then
  tell_arrived()
  return wrong_type(wrong_key)
end
local suspect = with_suspect == '1' and take_suspect()
local packed = elements[1] and #elements[1] < 512 and cmsgpack.pack(elements)
local is_batch = as_batch == '1' and elements[2] and packed
occupy(first, suspect, is_batch)
note_taken(first, suspect, elements, is_batch)
if suspect then
  hold(first, { suspect })
  first = first + 1
end

if elements[1] then hold(first, elements, is_batch) end

local count_taken = #elements + (suspect and 1 or 0)
took(count_taken)
-- It is not the gate that holds up what is not there.
if count_taken < free then ask_again_ms = nil end

tell_arrived()
return {
  now(), suspect or false, packed or elements, is_cut and 1 or 0, ask_again_ms or false,
  is_suspect_later and 1 or 0, next_key_ms or false, ready_keys or false, acknowledged,
  gate_room and gate_room - count_taken or false, runs_taken() or false,
}
