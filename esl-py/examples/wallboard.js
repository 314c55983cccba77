// The page: what the stream says, as text. Nothing of it ever becomes markup: it goes into textContent only.
"use strict";

const COLUMNS = [["from", "From"], ["name", "Name"], ["to", "To"], ["state", "State"], ["time", "Time"], ["with", "Bridged with"], ["switch", "Switch"]];
const at = (id) => document.getElementById(id);
const rows = new Map(); // The rows of the table, by call.
let sort = "time", isUp = true, state = null, skew = 0, lastHeard = 0;

function seconds(total) {
  total = Math.max(0, Math.floor(total));
  const two = (number) => String(number).padStart(2, "0");
  return (total >= 3600 ? Math.floor(total / 3600) + ":" + two(Math.floor(total / 60) % 60) : Math.floor(total / 60)) + ":" + two(total % 60);
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function list(id, pairs) {
  const nodes = pairs.map(([name, value]) => {
    const item = document.createElement("li"), left = document.createElement("span"), right = document.createElement("b");
    left.textContent = name;
    right.textContent = value;
    item.append(left, right);
    return item;
  });
  at(id).replaceChildren(...nodes);
  if (at("s-" + id)) at("s-" + id).hidden = !pairs.length;
}

for (const [key, title] of COLUMNS) {
  const head = document.createElement("th"), button = document.createElement("button");
  head.scope = "col";
  button.type = "button";
  button.textContent = title;
  button.addEventListener("click", () => {
    isUp = sort === key ? !isUp : true;
    sort = key;
    draw();
  });
  head.append(button);
  head.dataset.key = key;
  at("heads").append(head);
}
at("find").addEventListener("input", draw);

function draw() {
  if (!state) return;
  const now = Date.now() / 1000 - skew, all = state.switches.flatMap((one) => one.calls);
  const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = all.filter((call) => {
    const text = [call.from, call.name, call.to, call.state, call.with, call.switch].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const key = (call) => (sort === "time" ? (call.since ? now - call.since : 0) : call[sort]);
  wanted.sort((a, b) => {
    const x = key(a), y = key(b);
    return (isUp ? 1 : -1) * (typeof x === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }));
  });
  for (const head of at("heads").children) {
    head.setAttribute("aria-sort", head.dataset.key !== sort ? "none" : isUp ? "ascending" : "descending");
  }
  const gone = new Set(rows.keys()), order = [];
  for (const call of wanted) {
    gone.delete(call.id);
    let row = rows.get(call.id);
    if (!row) {
      row = document.createElement("tr");
      for (const [name, title] of COLUMNS) {
        const cell = document.createElement("td");
        cell.dataset.name = title;
        if (name === "time") cell.className = "time";
        row.append(cell);
      }
      rows.set(call.id, row);
    }
    COLUMNS.forEach(([name], place) => put(row.children[place], name === "time" ? (call.since ? seconds(now - call.since) : "") : String(call[name])));
    const known = ["ACTIVE", "RINGING", "EARLY", "HELD", "HANGUP"].includes(call.state);
    row.children[3].className = known ? call.state : "";
    order.push(row);
  }
  for (const id of gone) {
    rows.get(id).remove();
    rows.delete(id);
  }
  order.forEach((row, place) => {
    if (at("calls").children[place] !== row) at("calls").insertBefore(row, at("calls").children[place] || null);
  });
  const total = state.switches.reduce((sum, one) => sum + one.now, 0);
  put(at("count"), wanted.length === total ? "" : `${wanted.length} of ${total} shown`);
  at("none").hidden = total > 0;
}

function totals() {
  const sum = (key) => state.switches.reduce((total, one) => total + one[key], 0);
  put(at("now"), String(sum("now")));
  put(at("peak"), String(sum("peak")));
  put(at("ended"), String(sum("ended")));
  put(at("answered"), sum("ended") ? Math.round((100 * sum("answered")) / sum("ended")) + " %" : "\u2013");
  put(at("rate"), String(state.rates.at(-1)));
  const most = Math.max(10, ...state.rates);
  at("plot").firstElementChild.setAttribute("points", state.rates.map((rate, place) => `${(place * 120) / 59},${29 - (28 * rate) / most}`).join(" "));
  const causes = new Map();
  for (const one of state.switches) for (const [cause, count] of one.causes) causes.set(cause, (causes.get(cause) || 0) + count);
  list("causes", [...causes].sort((a, b) => b[1] - a[1]).map(([cause, count]) => [cause, String(count)]));
  const joined = (key) => state.switches.flatMap((one) => Object.entries(one[key]).map(([name, count]) => [`${name} (${one.name})`, String(count)]));
  list("queues", joined("queues"));
  list("conferences", joined("conferences"));
  const gaps = state.switches.flatMap((one) => one.gaps.map((gap) => [gap, one.name])).sort((a, b) => b[0].at - a[0].at).slice(0, 8);
  at("gaps").replaceChildren(...gaps.map(([gap, name]) => {
    const item = document.createElement("li");
    item.textContent = `${new Date(gap.at * 1000).toLocaleTimeString()}: nothing was heard of ${name} for ${gap.seconds.toFixed(1)} s (${gap.reason}). Calls that began and ended then are not counted.`;
    return item;
  }));
  at("s-gaps").hidden = !gaps.length;
  const lost = state.switches.filter((one) => !one.open);
  const said = lost.map((one) => `No connection to ${one.name} since ${new Date(one.lost_since * 1000).toLocaleTimeString()}: its calls are shown as they were then.`);
  if ([...at("trouble").children].map((node) => node.textContent).join("\n") !== said.join("\n")) {
    at("trouble").replaceChildren(...said.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  }
}

function link(text, isBad) {
  put(at("link"), text);
  at("link").className = isBad ? "bad" : "";
}

const source = new EventSource("events");
source.onmessage = (event) => {
  state = JSON.parse(event.data);
  skew = Date.now() / 1000 - state.time;
  lastHeard = Date.now();
  const names = state.switches.map((one) => one.name).join(", ");
  link(`live from ${names}`, false);
  totals();
  draw();
};
source.onerror = () => link("The wallboard does not answer: what is shown is old. Trying again\u2026", true);
setInterval(() => {
  if (lastHeard && Date.now() - lastHeard > 15000) link("Nothing has come for 15 seconds: what is shown is old.", true);
  draw();
}, 1000);
