#!lua flags=allow-oom
-- The intent of a send, before the vendor is called. KEYS: lease, outbox, attempts. ARGV: token, entry, attempt.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
-- An attempt at an entry that is settled would stay for ever.
if #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then return 'gone' end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
return 'done'
