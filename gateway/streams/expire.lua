#!lua flags=allow-oom
-- Due timers leave the sorted set for their inboxes. KEYS: lease, timers, then inboxes.
-- ARGV: token, then for each timer: member, its moment as read, place of its inbox (0: none), payload, later moment.
-- One that was armed anew since, or has gone already (a repeat after a lost reply), stays as it is.
-- with may.lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
for at = 2, #ARGV, 5 do
  local place = tonumber(ARGV[at + 2])
  if ARGV[at + 4] ~= '' then
    may('ZADD', KEYS[2])
  else
    if place > 0 then may('XADD', KEYS[place]) end
    may('ZREM', KEYS[2])
  end
end
for at = 2, #ARGV, 5 do
  local member, place = ARGV[at], tonumber(ARGV[at + 2])
  if tonumber(redis.call('ZSCORE', KEYS[2], member) or '') == tonumber(ARGV[at + 1]) then
    if ARGV[at + 4] ~= '' then
      redis.call('ZADD', KEYS[2], ARGV[at + 4], member)
    else
      -- Add first: Lua does not roll back.
      if place > 0 then redis.call('XADD', KEYS[place], '*', 'p', ARGV[at + 3]) end
      redis.call('ZREM', KEYS[2], member)
    end
  end
end
return 'done'
