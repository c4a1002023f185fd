/**
 * The Lua of the hold: a request waits while its backend has no usable server.
 *
 * - `txn.f:be_conn_free` (share.ts, sections.ts) sees servers added at run time, `core.backends[…].servers` does not.
 * - `txn.f:stopping()` returns 0 or 1, and 0 is true in Lua.
 * - On a shared domain (share.ts) it ends as soon as any of the services is ready, and the request goes there.
 * - A stopping worker never learns of new servers: the loop ends with `txn.handon` set and the request goes
 *   on in the new worker, with the time it has already waited.
 * - Who goes to an instance that then dies comes again, with the time it has waited: a hold is bounded over all its turns, and by
 *   how long the first turn waits for an answer (server.ts).
 * - A stream that is killed while it sleeps never comes back here; the ticket's `__gc` gives its place back.
 */
export const HOLD_LUA = `local waiting = {}

local function leave(ticket)
  if ticket.name then
    waiting[ticket.name] = waiting[ticket.name] - 1
    ticket.name = nil
  end
end

local function enter(name)
  waiting[name] = (waiting[name] or 0) + 1
  return setmetatable({ name = name }, { __gc = leave })
end

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

core.register_action("hold", { "http-req" }, function(txn)
  local name = txn:get_var("txn.be")
  if usable(txn, name) then return end
  local wait, limit = string.match(txn:get_var("txn.hold"), "^(%d+)/(%d+)$")
  if (waiting[name] or 0) >= tonumber(limit) then
    txn:set_var("txn.held", "full")
    return
  end
  local before = tonumber(txn:get_var("txn.waited")) or 0
  local patience = tonumber(txn:get_var("txn.patience"))
  if patience and before + patience < tonumber(wait) then wait = before + patience end
  local from = milliseconds() - before
  local ticket = enter(name)
  local list = txn:get_var("txn.shares")
  while not usable(txn, name) do
    if txn.f:stopping() == 1 then
      txn:set_var("txn.handon", 1)
      if list then txn:set_var("txn.be", list) end
      break
    end
    local other = list and take(parts_of(list), function(part) return ready(txn, part) end)
    if other then
      txn:set_var("txn.be", other.name)
      break
    end
    if milliseconds() - from >= tonumber(wait) then
      txn:set_var("txn.held", "late")
      break
    end
    core.msleep(20)
  end
  txn:set_var("txn.waited", tostring(milliseconds() - from))
  leave(ticket)
end, 0)
`;
