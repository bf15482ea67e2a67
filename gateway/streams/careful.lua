#!lua flags=allow-oom
-- Counts how often one entry was begun by itself. KEYS: lease, attempts of the owner.
-- ARGV: token, inbox, entry, nonce of this call (a repeat after a lost reply counts once).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
local entry, times, nonce = string.match(redis.call('HGET', KEYS[2], ARGV[2]) or '', '^(%S+) (%d+) (%S+)$')
if entry ~= ARGV[3] then times = 0 end
if entry == ARGV[3] and nonce == ARGV[4] then return times end
times = tonumber(times) + 1
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. times .. ' ' .. ARGV[4])
return tostring(times)
