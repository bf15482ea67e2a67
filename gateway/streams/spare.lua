#!lua flags=allow-oom
-- Takes one count of an entry back: Redis was away while it was handled, and its owner lives.
-- KEYS: attempts of the owner. ARGV: inbox, entry, nonce of this call (a repeat after a lost reply takes back once).
local entry, times, nonce = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%S+) (%d+) (%S+)$')
if entry ~= ARGV[2] or nonce == ARGV[3] or times == '0' then return 'done' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. (tonumber(times) - 1) .. ' ' .. ARGV[3])
return 'done'
