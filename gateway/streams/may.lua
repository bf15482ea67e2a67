-- Whether Redis would refuse a write, looked at before the first one: Lua does not roll back, and what is refused in the
-- middle would leave half of the work done, which a repeat would do again. It ends the script with what is refused.
local types = {
  XADD = 'stream', XDEL = 'stream', XTRIM = 'stream', HSET = 'hash', HDEL = 'hash', HINCRBY = 'hash', SADD = 'set',
  SREM = 'set', ZADD = 'zset', ZREM = 'zset', ZREMRANGEBYSCORE = 'zset', LPUSH = 'list',
  LTRIM = 'list',
}
local asked, found = {}, {}
local function may(name, key)
  local mark = name .. ' ' .. key
  if asked[mark] then return end
  asked[mark] = true
  if not redis.acl_check_cmd(name, key) then error({ err = 'REFUSED NOPERM ' .. mark }) end
  if not types[name] then return end
  -- Whoever may not ask for the type learns of a wrong one from the write.
  if not found[key] then found[key] = redis.pcall('TYPE', key).ok or 'none' end
  if found[key] ~= 'none' and found[key] ~= types[name] then error({ err = 'REFUSED WRONGTYPE ' .. mark }) end
end
