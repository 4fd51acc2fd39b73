-- None of what a lease call acknowledges is a member of a flow.
local function end_members() end
local function post_ended() end
