-- Members of flows end with the lease call that acknowledges them. Mostly they are whole batches: the client says how many
-- members of which flows these have, so that nothing of them is read.
--
-- ended  JSON: for each whole batch an array of names of flows, each followed by a number of members
local function end_members(whole, receipts)
  local counts, singles = cjson.decode(ended), { unpack(receipts) }
  for n, batch in ipairs(whole) do
    if is_whole(batch) then
      for i = 1, #counts[n], 2 do end_members_of(counts[n][i], counts[n][i + 1]) end
    else
      local first, count = batch:match('^(%d+):(%d+)$')
      for nth = 0, count - 1 do singles[#singles + 1] = first + nth end
    end
  end
  each_held(singles, function(element) end_member(element, 'done') end)
end
