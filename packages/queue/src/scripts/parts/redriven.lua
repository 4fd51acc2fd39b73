-- Dead letters that are sent again, as if they were new: no attempts are counted, and an expiry that has passed is left
-- out, or the message would be deleted at once. One that is sent once counts again, unless another one with its key does.

-- Puts an element behind the returned messages. Returns how many bytes it has.
local function put_redriven(element, id)
  local _, _, text = read_envelope(element, id)
  -- Only before what a producer begins with: nothing else may come to stand where scripts write.
  local expires, after = text:match('^"expires":(%d+),()"[pkoi]')
  if not expires then expires, after = text:match('^"expires":(%d+),()"result":%d') end
  if not expires then expires, after = text:match('^"expires":(%d+),()"timeout":%d') end
  if expires and tonumber(expires) <= now() then text = text:sub(after) end
  local renewed = write_envelope(0, false, text)
  local once_key, once_id = once_of(renewed)
  if once_key then begin_once(once_key, once_id) end
  forget_result(renewed)
  put_last(renewed)
  return #renewed
end
