/**
 * The Lua of the hold: a request waits while its backend has no usable server.
 *
 * - `txn.f:nbsrv` sees servers added at run time, `core.backends[…].servers` does not.
 * - `txn.f:stopping()` returns 0 or 1, and 0 is true in Lua.
 * - On a shared domain (share.ts) it ends as soon as any of the services is ready, and the request goes there.
 * - A stopping worker never learns of new servers: the loop ends with `txn.handon` set and the request goes
 *   on in the new worker, with the time it has already waited.
 * - A stream that is killed while it sleeps never comes back here; the ticket's `__gc` gives its place back.
 * - Who came first goes first, and only as many as the application has in hand (`AT_ONCE` for each usable server): one that gets
 *   200 requests at once works on all of them at once, and the first has its answer with the last.
 * - Slow requests do not hold up the rest for long: at the latest they go on in even steps over half of the time the first has
 *   waited. 190 waited up to 1.9 s: one every 5 ms; the last, who came as it ended, after 950 ms. Nobody waits longer than the first.
 * - `be_conn` counts the streams of the backend in this worker; those that wait here are not in it yet.
 */
export const HOLD_LUA = `local AT_ONCE = 8

-- By backend: who waits, how many they are, how many have ever come, and how those go on who waited.
local tickets, waiting, counts, turns = {}, {}, {}, {}

local function leave(ticket)
  local name = ticket.name
  if name then
    waiting[name] = waiting[name] - 1
    tickets[name][ticket] = nil
    if turns[name] then turns[name].gone = turns[name].gone + 1 end
    ticket.name = nil
  end
end

local function enter(name, from)
  waiting[name] = (waiting[name] or 0) + 1
  counts[name] = (counts[name] or 0) + 1
  tickets[name] = tickets[name] or setmetatable({}, { __mode = "k" })
  local ticket = setmetatable({ name = name, number = counts[name], from = from }, { __gc = leave })
  tickets[name][ticket] = true
  return ticket
end

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

local function begin_turn(name, now)
  local first
  for ticket in pairs(tickets[name]) do
    if not first or ticket.number < first.number then first = ticket end
  end
  local gap = (now - first.from) / 2 / (counts[name] - first.number + 1)
  return { at = now, first = first.number, gone = 0, gap = gap }
end

-- How many have to go before this one may; 0 or less: it may.
local function ahead(txn, ticket, now)
  local name = ticket.name
  local turn = turns[name] or begin_turn(name, now)
  turns[name] = turn
  local before = ticket.number - turn.first
  if now - turn.at >= before * turn.gap then return 0 end
  return before + 1 - turn.gone - AT_ONCE * txn.f:nbsrv(name) + txn.f:be_conn(name)
end

core.register_action("hold", { "http-req" }, function(txn)
  local name = txn:get_var("txn.be")
  local wait, limit = string.match(txn:get_var("txn.hold"), "^(%d+)/(%d+)$")
  if (waiting[name] or 0) >= tonumber(limit) then
    txn:set_var("txn.held", "full")
    return
  end
  local before = tonumber(txn:get_var("txn.waited")) or 0
  local from = milliseconds() - before
  local ticket = enter(name, from)
  local list = txn:get_var("txn.shares")
  while true do
    local now, pause = milliseconds(), 20
    local late = now - from >= tonumber(wait)
    if txn.f:stopping() == 1 then
      txn:set_var("txn.waited", tostring(now - from))
      txn:set_var("txn.handon", 1)
      if list then txn:set_var("txn.be", list) end
      break
    elseif txn.f:nbsrv(name) > 0 then
      local more = ahead(txn, ticket, now)
      if late or more <= 0 then break end
      pause = math.min(pause, more)
    else
      turns[name] = nil
      local other = list and take(parts_of(list), function(part) return ready(txn, part) end)
      if other then
        txn:set_var("txn.be", other.name)
        break
      elseif late then
        txn:set_var("txn.held", "late")
        break
      end
    end
    core.msleep(pause)
  end
  leave(ticket)
end, 0)
`;
