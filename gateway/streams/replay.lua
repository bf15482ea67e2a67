#!lua
-- A dead letter goes back where it came from. KEYS: dead, stream. ARGV: dead letter, payload.
-- with may.lua
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return false end
may('XADD', KEYS[2])
may('XDEL', KEYS[1])
local entry = redis.call('XADD', KEYS[2], '*', 'p', ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[1])
return entry
