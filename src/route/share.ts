/**
 * The Lua of a shared domain: which of its services gets a request. It stands before the hold's, which uses it too.
 *
 * - Turns are smooth weighted round robin: each part gains its weight, the fullest is taken and pays the sum. 90 and 10: one in
 *   ten, evenly spread. So shares are exact to a request, whatever the number of instances behind a part.
 * - Only parts that are ready take turns, and what is ready together has turns of its own: a debt made among large weights would
 *   last long among small ones. 5 served beside 97 and 1 owes up to 97, which at 5 and 1 alone is sixteen rounds of nothing.
 * - A request for a revision goes to a part that has it, a client that comes back to the part its cookie names an instance of.
 * - Without any that is ready it waits for one that holds.
 * - A list that is new, as after a change of weights, begins anew; so does another worker.
 * - A backend that this worker does not know makes the fetch fail: it is not ready.
 */
export const SHARE_LUA = `local lists = {}
local known = 0

local function parts_of(list)
  if lists[list] then return lists[list] end
  if known >= 256 then lists, known = {}, 0 end
  local parts = {}
  for name, weight, holds, sticky, revisions in string.gmatch(list, "([^/,]+)/(%d+)/([01])/([^/,]+)/([^/,]+)") do
    local stack, service = string.match(name, "^be:([^:]+):([^:]+):")
    parts[#parts + 1] = {
      name = name,
      weight = tonumber(weight),
      holds = holds == "1",
      sticky = sticky ~= "-" and sticky or nil,
      revisions = "+" .. revisions .. "+",
      instances = stack .. "-" .. service .. "-r",
    }
  end
  parts.turns = {}
  lists[list] = parts
  known = known + 1
  return parts
end

local function take(parts, fits)
  local able, key = {}, ""
  for index, part in ipairs(parts) do
    if fits(part) then
      able[#able + 1] = part
      key = key .. index .. " "
    end
  end
  local turns = parts.turns[key] or {}
  parts.turns[key] = turns
  local whole, best = 0, nil
  for index, part in ipairs(able) do
    whole = whole + part.weight
    turns[index] = (turns[index] or 0) + part.weight
    if not best or turns[index] > turns[best] then best = index end
  end
  if not best then return nil end
  turns[best] = turns[best] - whole
  return able[best]
end

local function usable(txn, name)
  return txn.f:be_conn_free(name) == -1
end

local function ready(txn, part)
  local fine, is = pcall(usable, txn, part.name)
  return fine and is
end

local function asked(txn, parts)
  local revision = txn.f:req_hdr("x-instar-revision")
  if not revision then return nil end
  return take(parts, function(part) return string.find(part.revisions, "+" .. revision .. "+", 1, true) end)
end

local function back(txn, parts)
  for _, part in ipairs(parts) do
    local stuck = part.sticky and txn.f:req_cook(part.sticky)
    if stuck and string.sub(stuck, 1, #part.instances) == part.instances
      and string.match(string.sub(stuck, #part.instances + 1), "^%d+%-%d+%-a%d+$") and ready(txn, part) then
      return part
    end
  end
end

core.register_action("share", { "http-req" }, function(txn)
  local list = txn:get_var("txn.be")
  local parts = parts_of(list)
  local chosen = asked(txn, parts) or back(txn, parts)
    or take(parts, function(part) return ready(txn, part) end)
    or take(parts, function(part) return part.holds end)
    or take(parts, function() return true end)
  txn:set_var("txn.shares", list)
  txn:set_var("txn.be", chosen.name)
end, 0)
`;
