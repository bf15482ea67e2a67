#!lua flags=allow-oom
-- An outbox entry that cannot be read goes to the dead letters. KEYS: outbox, dead, attempts.
-- ARGV: entry, the outbox's name, reason.
-- with may.lua
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 'already' end
local payload = ''
for at = 1, #found[1][2], 2 do
  if found[1][2][at] == 'p' then payload = found[1][2][at + 1] end
end
may('XADD', KEYS[2])
may('HDEL', KEYS[3])
may('XDEL', KEYS[1])
redis.call('XADD', KEYS[2], '*', 'p', payload, 'from', ARGV[2], 'entry', ARGV[1], 'reason', ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
return 'done'
