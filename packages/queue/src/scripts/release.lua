-- Return messages that were leased and are not done, to where the next consumer finds them. That
-- does not count as an attempt; nor as a start, if it was none.
--
-- were_started  1 if handlers have had them, and know them by their ids
-- rest        receipts, newest first
-- returns how many were returned
local released = {}
-- Where a message cannot be put, because that is of another type: it stays with the consumer.
local wrong_key
write_before_growing('HDEL', active)
open_batches()

for i = rest, #ARGV do
  local receipt = ARGV[i]
  local element = held(receipt)
  local wrong = element and wrong_place(element)
  wrong_key = wrong or wrong_key
  if element and not wrong then
    if were_started == '1' then element = keep_id(element, consumer .. '-' .. receipt) end
    local is_suspect = put_back(element)
    if not is_suspect then keep_turn(receipt, element) end
    let_go(receipt)
    let_go_of_once(receipt, element)
    local key
    if is_suspect then
      key = key_of(element)
      keep_busy(receipt, key)
    else
      key = free(receipt, were_started == '0' and 0 or nil)
    end
    local is_only_one = were_started == '0' and key and key_rules().most == 1
    if is_only_one and key_rules().rate then key_rate_return(key, receipt) end
    released[#released + 1] = receipt
  end
end

note_holder()
if were_started == '0' then rate_return(released) end
tell_returned()
if wrong_key then return wrong_type(wrong_key) end
return #released
