#!lua flags=allow-oom
-- The end of one outbox entry: its result, the native map, its attempt and itself, in one step.
-- KEYS: lease, outbox, attempts, then the commands'.
-- ARGV: token, entry, then commands: words, name, place of the key, rest.
-- with may.lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then return 'already' end
local at = 3
while at <= #ARGV do
  may(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])])
  at = at + tonumber(ARGV[at]) + 1
end
may('HDEL', KEYS[3])
may('XDEL', KEYS[2])
at = 3
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  ARGV[at + 2] = KEYS[tonumber(ARGV[at + 2])]
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('XDEL', KEYS[2], ARGV[2])
return 'done'
