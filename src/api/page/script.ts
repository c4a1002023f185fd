/** The page's script: looks again at every event, and shows what it sees. Without backticks, for it stands in one. */
export const SCRIPT = String.raw`
const cards = new Map();
const byId = (id) => document.getElementById(id);
// Whoever logs out asks no more: an answer on its way would only say that the session has ended.
const leaving = new AbortController();

async function ask(method, path, body) {
  const init = { method, headers: body === undefined ? {} : { "content-type": "application/json" }, signal: leaving.signal };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(path, init);
  if (response.status === 401) location.assign("/login");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message + " \u2192 " + answer.error.hint + " (" + answer.error.code + ")");
  return answer;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

const part = (card, selector) => card.root.querySelector(selector);
const pathOf = (service) => "/v1/stacks/" + encodeURIComponent(service.stack) + "/services/" + encodeURIComponent(service.service);
const show = (node, text) => { node.hidden = !text; node.textContent = text || ""; };

function age(at) {
  const s = Math.max(0, Math.floor((Date.now() - at) / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h";
  return Math.floor(s / 86400) + " d";
}

function cardFor(service) {
  const key = service.stack + "/" + service.service;
  const known = cards.get(key);
  if (known) return known;
  const root = byId("service").content.firstElementChild.cloneNode(true);
  const card = { key, root, service, deployment: null, historyOf: null };
  root.dataset.service = key;
  part(card, "h3").textContent = service.service;
  const input = part(card, "input");
  part(card, ".caption").textContent = "Image of " + key;
  input.value = service.image;
  input.dataset.present = service.image;
  part(card, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    const image = input.value.trim();
    // The same reference again is Tutum's button: resolve the tag anew. Another one is a new revision.
    const call = image === card.service.image ? ask("POST", pathOf(card.service) + "/redeploy") : ask("POST", pathOf(card.service) + "/deploy", { image });
    begin(card, call);
  });
  part(card, "details").addEventListener("toggle", () => refreshHistory(card));
  cards.set(key, card);
  return card;
}

async function begin(card, call) {
  const refusal = part(card, ".refusal");
  const buttons = card.root.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    show(refusal, "");
    card.deployment = (await call).deployments[0];
    showDeployment(card);
    look();
  } catch (error) {
    show(refusal, error.message);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function showService(card, service, instances) {
  card.service = service;
  const state = part(card, ".state");
  state.textContent = service.state;
  state.dataset.state = service.state;
  part(card, ".pinned").hidden = !service.pinned;
  part(card, ".serving").textContent = "r" + service.revision + " \u00b7 " + service.replicas.serving + " of " + service.replicas.wanted + " serving";
  const ports = service.ports.map((port) => port.published + " \u2192 " + port.target + (port.protocol === "tcp" ? "" : "/" + port.protocol));
  const shareOf = (domain) => (service.shares || []).find((one) => one.domain === domain);
  const domains = service.domains.map((domain) => (shareOf(domain) ? domain + " (" + shareOf(domain).share / 100 + " %)" : domain));
  show(part(card, ".reached"), [...domains, ...ports].join(" \u00b7 "));
  const input = part(card, "input");
  // What someone is typing stays; what nobody has touched follows the service.
  if (input.value === input.dataset.present) input.value = service.image;
  input.dataset.present = service.image;
  const cells = instances.toSorted((a, b) => a.slot - b.slot || a.revision - b.revision).map((instance) => {
    const cell = element("li", undefined, "cell rev-" + (instance.revision % 8));
    cell.dataset.phase = instance.phase;
    cell.title = instance.name + "\n" + instance.image + "\n" + instance.address;
    cell.append(element("b", "r" + instance.revision), element("span", instance.phase), element("small", "slot " + instance.slot));
    return cell;
  });
  part(card, ".cells").replaceChildren(...cells);
}

function showDeployment(card) {
  const deployment = card.deployment;
  const box = part(card, ".progress");
  const old = deployment && deployment.outcome === "succeeded" && Date.now() - deployment.endedAt > 60000;
  box.hidden = !deployment || old;
  if (box.hidden) return;
  box.dataset.outcome = deployment.outcome;
  const move = deployment.from === null || deployment.from === deployment.to ? "r" + deployment.to : "r" + deployment.from + " \u2192 r" + deployment.to;
  const words = { "rolled-back": "rolled back" }[deployment.outcome] || deployment.outcome;
  part(card, ".outcome").textContent = deployment.id + " " + move + " " + words + (deployment.reason ? ": " + deployment.reason : "");
  const last = deployment.steps.at(-1);
  show(part(card, ".step"), last && deployment.outcome === "running" ? "step " + deployment.steps.length + ": " + last.do + (last.instance ? " " + last.instance : "") + ": " + last.because : "");
  const evidence = deployment.evidence;
  const log = evidence && [evidence.instance + (evidence.exitCode === null ? "" : ", exit code " + evidence.exitCode) + ": " + evidence.reason, ...evidence.log];
  show(part(card, ".evidence"), log ? log.join("\n") : "");
}

function table(caption, head, rows) {
  const made = element("table");
  made.append(element("caption", caption));
  const top = element("tr");
  for (const text of head) {
    const cell = element("th", text);
    cell.scope = "col";
    top.append(cell);
  }
  made.append(element("thead"), element("tbody"));
  made.tHead.append(top);
  for (const row of rows) {
    const line = element("tr");
    for (const content of row) {
      const cell = element("td");
      cell.append(content);
      line.append(cell);
    }
    made.tBodies[0].append(line);
  }
  const scroll = element("div", undefined, "scroll");
  scroll.append(made);
  return scroll;
}

async function refreshHistory(card) {
  const { deployments, revisions } = await ask("GET", pathOf(card.service) + "/history");
  if (deployments.length > 0) card.deployment = deployments[0];
  card.historyOf = historyMark(card);
  showDeployment(card);
  if (!part(card, "details").open) return;
  const numbered = revisions.toSorted((a, b) => b.number - a.number).map((revision) => {
    const mark = element("span", "r" + revision.number, "mark rev-" + (revision.number % 8));
    let action = element("span", "current", "quiet");
    if (!revision.current) {
      action = element("button", "Roll back", "plain");
      action.type = "button";
      action.setAttribute("aria-label", "Roll " + card.key + " back to revision " + revision.number);
      action.addEventListener("click", () => begin(card, ask("POST", pathOf(card.service) + "/rollback", { to: revision.number })));
    }
    return [mark, revision.image, revision.digest.replace("sha256:", "").slice(0, 12), revision.who, revision.why, age(revision.createdAt), action];
  });
  const moved = deployments.slice(0, 20).map((d) => [
    d.id,
    d.from === null ? "r" + d.to : "r" + d.from + " \u2192 r" + d.to,
    d.cause.kind + " by " + d.cause.who,
    d.outcome,
    d.seconds.toFixed(1) + " s",
    age(d.startedAt),
    d.reason || "",
  ]);
  part(card, ".tables").replaceChildren(
    table("Revisions", ["Revision", "Image", "Digest", "Who", "Why", "Age", ""], numbered),
    table("Deployments", ["Id", "Revision", "Cause", "Outcome", "Took", "Age", "Reason"], moved),
  );
}

const historyMark = (card) => [card.service.revision, card.service.deployment, card.service.pinned, card.deployment && card.deployment.id + card.deployment.outcome].join(" ");

async function refresh() {
  const [{ services }, { instances }] = await Promise.all([ask("GET", "/v1/services"), ask("GET", "/v1/instances")]);
  const main = byId("stacks");
  const names = [...new Set(services.map((service) => service.stack))].sort();
  const seen = new Set();
  for (const name of names) {
    let section = document.querySelector("section[data-stack='" + CSS.escape(name) + "']");
    if (!section) {
      section = element("section");
      section.dataset.stack = name;
      section.append(element("h2", name));
      const after = [...main.children].find((other) => other.dataset.stack > name);
      main.insertBefore(section, after || null);
    }
    for (const service of services.filter((s) => s.stack === name).toSorted((a, b) => (a.service < b.service ? -1 : 1))) {
      const card = cardFor(service);
      seen.add(card.key);
      if (card.root.parentNode !== section) section.append(card.root);
      showService(card, service, instances.filter((i) => i.stack === service.stack && i.service === service.service));
    }
  }
  for (const [key, card] of cards) {
    if (seen.has(key)) continue;
    card.root.remove();
    cards.delete(key);
  }
  for (const section of main.querySelectorAll("section")) if (!names.includes(section.dataset.stack)) section.remove();
  main.removeAttribute("aria-busy");
  byId("empty").hidden = services.length > 0;
  await Promise.all([...cards.values()].map(async (card) => {
    // One that this page began may have ended before the service was looked at.
    const open = card.deployment && ["running", "paused"].includes(card.deployment.outcome) ? card.deployment.id : null;
    const id = card.service.deployment || open;
    if (id) {
      card.deployment = (await ask("GET", "/v1/deployments/" + encodeURIComponent(id))).deployment;
      showDeployment(card);
    }
    if (card.historyOf !== historyMark(card)) await refreshHistory(card);
  }));
}

let looking = false;
let again = false;

// Events only say "look": many at once are one look, and one that comes during a look makes one more.
async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  do {
    again = false;
    try {
      await refresh();
      show(byId("problem"), "");
    } catch (error) {
      if (leaving.signal.aborted) return;
      show(byId("problem"), error.message);
    }
    if (again) await new Promise((resolve) => setTimeout(resolve, 100));
  } while (again);
  looking = false;
}

function connection(state) {
  byId("connection").textContent = state;
  byId("connection").dataset.state = state;
}

function listen() {
  if (leaving.signal.aborted) return;
  const events = new EventSource("/v1/events");
  leaving.signal.addEventListener("abort", () => events.close());
  events.onopen = () => {
    connection("live");
    look();
  };
  events.onmessage = look;
  events.addEventListener("changed", look);
  events.onerror = () => {
    connection("connecting");
    // Refused for good (the session has ended, or the daemon is starting): a look tells which.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => { look(); listen(); }, 2000);
  };
}

document.querySelector("form[action='/logout']").addEventListener("submit", () => leaving.abort());
listen();
look();
`;
