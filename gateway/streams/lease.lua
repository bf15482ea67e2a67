#!lua flags=allow-oom
-- KEYS: lease. ARGV: take, seize, renew or release; token; milliseconds. Answers 1: it is (or was) ours.
local holder = redis.call('GET', KEYS[1])
local verb = ARGV[1]
if verb == 'release' then
  if holder ~= ARGV[2] then return 0 end
  return redis.call('DEL', KEYS[1])
end
if holder == ARGV[2] then return redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if verb == 'renew' or (holder and verb == 'take') then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
