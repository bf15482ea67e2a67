#!lua flags=allow-oom
-- Notes that all which the last owner left is about to be handled at once. KEYS: lease, attempts of the owner.
-- ARGV: token, nonce of this call. Answers 'at once', or 'one by one' where somebody has begun it and never ended.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if redis.call('HLEN', KEYS[2]) > 0 and redis.call('HGET', KEYS[2], 'at once') ~= ARGV[2] then return 'one by one' end
redis.call('HSET', KEYS[2], 'at once', ARGV[2])
return 'at once'
