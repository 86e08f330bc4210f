// The page of messages: what went out and why not, what people sent us, and what a month cost.

import { api, clearProblem, el, fill, momentOf, numberOf, page, Refusal, showProblem, text } from "./page.js";
import { gatewayOf } from "./lights.js";
import { messageMayHaveChanged, openMessage } from "./message_drawer.js";
import { makeOf, purposeOf, rupees, stateOf, toWhom, whyOf } from "./message_words.js";
import { withProgress } from "./progress.js";

const PAGE = 50;
const DAY_MS = 24 * 3600 * 1000;
const STATES = ["queued", "sending", "doubt", "sent", "delivered", "failed", "unknown", "refused", "expired"];
const WAITING = ["queued", "sending", "doubt"];
const PATIENCE_MS = 3000; // between two looks for news: each look is written to the audit log
const VIEWS = ["sent", "received", "costs"];
const $ = (id) => document.getElementById(id);

let me = null;
let view = "sent";
let states = new Set();
let undecided = false;
let rows = [];
let cursor = null;
let due = 0; // the timer of the next look
let looked = 0; // when the last one was
let asked = 0; // the newest question: an answer to an older one is dropped

const isStaff = () => ["admin", "supervisor"].includes(me.role);

export function enterMessages(who, name) {
  const before = me && view;
  me = who;
  view = name === "costs" && !isStaff() ? "sent" : VIEWS.includes(name) ? name : "sent";
  if (name === "waiting" || name === "undecided") {
    states = new Set(name === "waiting" ? WAITING : []);
    undecided = name === "undecided";
    for (const id of ["purpose", "gateway", "channel", "number"]) $(`outbox-${id}`).value = "";
    $("outbox-period").value = "";
  }
  $("outbox-number-label").hidden = me.role !== "admin";
  for (const each of VIEWS) {
    $(`messages-${each}`).hidden = each !== view;
    if (each === view) $(`tab-${each}`).setAttribute("aria-current", "page");
    else $(`tab-${each}`).removeAttribute("aria-current");
  }
  for (const id of ["tab-costs", "tab-templates"]) $(id).hidden = !isStaff();
  if (view !== before || name) load();
}

export function leaveMessages() {
  me = null;
  asked += 1;
  rows = [];
  for (const id of ["outbox-list", "inbound-list", "costs-table"]) $(id).replaceChildren();
}

/** The live view says that a message changed, or that one came in. */
export function messagesChanged() {
  clearTimeout(due);
  due = setTimeout(() => {
    looked = Date.now();
    messageMayHaveChanged();
    if (me && view === "sent") refresh();
    if (me && view === "received") showInbound();
  }, Math.max(0, looked + PATIENCE_MS - Date.now()));
}

const load = () => ({ sent: () => { rows = []; refresh(); }, received: showInbound, costs: showCosts })[view]();

/** Ask for what `box` shows, and show why where it is refused. */
async function ask(name, path, draw) {
  const mine = (asked += 1);
  const box = $(`${name}-problem`);
  const holder = $(`${name}-${name === "costs" ? "table" : "list"}`);
  try {
    const answer = await withProgress(holder, api("GET", path), holder.childElementCount > 0);
    if (!me || mine !== asked) return;
    clearProblem(box, $("outbox-tools"));
    draw(answer);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== 401 && me && mine === asked) showProblem(box, error, $("outbox-tools"));
  }
}

// --- what went out ---

function query(after = null) {
  const wanted = new URLSearchParams({ limit: PAGE });
  for (const state of states) wanted.append("state", state);
  if (undecided) wanted.set("undecided", "true");
  for (const name of ["purpose", "gateway", "channel"]) if ($(`outbox-${name}`).value) wanted.set(name, $(`outbox-${name}`).value);
  const days = Number($("outbox-period").value);
  // A period begins at a full minute, so that the same question stays the same.
  if (days) wanted.set("since", new Date(Math.floor((Date.now() - days * DAY_MS) / 60000) * 60000).toISOString());
  if (me.role === "admin" && $("outbox-number").value.trim()) wanted.set("recipient", $("outbox-number").value.trim());
  if (after) wanted.set("cursor", after);
  else wanted.set("totals", "true");
  return `/messages?${wanted}`;
}

const refresh = () => ask("outbox", query(), (answer) => {
  const fresh = answer.messages;
  const last = fresh.at(-1)?.id;
  // Pages that were opened stay open: what is older than the first page is kept as it was.
  const older = answer.next_cursor && last ? rows.filter((row) => row.id < last) : [];
  if (!older.length) cursor = answer.next_cursor;
  rows = [...fresh, ...older];
  chips(answer.totals);
  drawRows();
});

$("outbox-more").addEventListener("click", () => ask("outbox", query(cursor), (answer) => {
  rows = [...rows, ...answer.messages];
  cursor = answer.next_cursor;
  drawRows();
}));

function drawRows() {
  const narrowed = states.size || undecided || ["purpose", "gateway", "channel", "period", "number"].some((name) => $(`outbox-${name}`).value);
  fill($("outbox-list"), rows.length ? rows.map(row) : [el("li", { class: "empty" }, text(narrowed ? "outbox.none" : "outbox.empty"))]);
  $("outbox-more").hidden = cursor === null;
}

function row(message) {
  const why = whyOf(message);
  return el("li", { class: "row" },
    el("button", { type: "button", class: "open letter", "data-key": `sms-${message.id}`, onclick: () => openMessage(message.id, me, messagesChanged) },
      el("span", { class: "badge", "data-sms": message.state }, stateOf(message)),
      el("span", { class: "main" }, toWhom(message, me.role)),
      el("span", { class: "sub" }, [purposeOf(message.purpose), makeOf(message)].filter(Boolean).join(" · ")),
      why ? el("span", { class: "sub why-not", "data-sms": message.state }, why) : null,
      el("time", { datetime: message.created_at }, momentOf(message.created_at))));
}

/** How many there are in each state; pressing one shows only those, pressing several shows all of these. */
function chips(totals) {
  const all = Object.values(totals).reduce((sum, n) => sum + n, 0);
  const chip = (key, words, pressed, press) => el("button", { type: "button", class: "chip", "aria-pressed": String(pressed), "data-key": `chip-${key}`, "data-sms": key, onclick: () => { press(); load(); } }, words);
  fill($("outbox-states"), [
    undecided ? chip("undecided", text("outbox.undecided"), true, () => { undecided = false; }) : chip("all", text("outbox.all", { n: all }), !states.size, () => states.clear()),
    ...STATES.filter((state) => totals[state] || states.has(state)).map((state) => chip(state, `${text(`sms.${state}`)} ${totals[state] ?? 0}`, states.has(state), () => { states.has(state) ? states.delete(state) : states.add(state); })),
  ]);
}

for (const name of ["period", "purpose", "gateway", "channel", "number"]) $(`outbox-${name}`).addEventListener("change", () => load());
$("outbox-tools").addEventListener("submit", (event) => { event.preventDefault(); load(); });

for (const [name, prefix, words] of [["purpose", "purpose.", purposeOf], ["gateway", "gateway.", gatewayOf]]) {
  const known = Object.keys(page.texts).filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  $(`outbox-${name}`).append(...known.map((value) => el("option", { value }, words(value))));
}

// --- what came in ---

const showInbound = () => ask("inbound", "/inbound?limit=100", (answer) => {
  fill($("inbound-list"), answer.messages.length ? answer.messages.map((message) => el("li", { class: "row inbound" },
    el("p", {}, el("span", { class: "main" }, message.doctor_name ?? numberOf(message.sender, me.role)), " ", message.doctor_name ? el("span", { class: "count" }, message.sender) : "",
      el("time", { class: "sub", datetime: message.received_at }, momentOf(message.received_at))),
    el("p", { class: "bubble theirs" }, message.text),
    el("p", { class: "sub" }, el("span", { class: "badge", "data-inbound": message.result.key }, message.result[page.language])))) : [el("li", { class: "empty" }, text("inbound.empty"))]);
});

// --- what it cost ---

$("costs-month").addEventListener("change", () => { if (/^20\d\d-\d\d$/.test($("costs-month").value)) showCosts(); });

function showCosts() {
  const month = $("costs-month").value;
  return ask("costs", `/messages/costs${month ? `?month=${month}` : ""}`, (costs) => {
    $("costs-month").value = costs.month;
    $("costs-sheet").href = `/api/v1/messages/costs/sheet?month=${costs.month}`;
    $("costs-sheet").hidden = !costs.rows.length;
    $("costs-table").replaceChildren(...(costs.rows.length ? costTable(costs) : [el("p", { class: "empty" }, text("costs.empty"))]));
  });
}

function costTable(costs) {
  const number = (value) => el("td", { class: "number" }, value);
  const none = "–";
  const line = (head, values) => el("tr", {}, head, number(values.messages), number(values.parts || none),
    number(values.millirupees ? rupees(values.millirupees) : none), number(values.without_price || none));
  return [
    el("p", { class: "sum" }, el("strong", {}, rupees(costs.millirupees)), " ", text("costs.sum", { messages: costs.messages, parts: costs.parts })),
    costs.without_price ? el("p", { class: "warn" }, text("costs.without_price", { n: costs.without_price })) : "",
    el("div", { class: "table", tabindex: "0", role: "region", "aria-label": text("costs.title") }, el("table", {},
      el("thead", {}, el("tr", {}, ["what", "messages", "parts", "rupees", "unpriced"].map((name) => el("th", { scope: "col", class: name === "what" ? null : "number" }, text(`costs.${name}`))))),
      el("tbody", {}, costs.rows.map((row) => line(el("th", { scope: "row" }, purposeOf(row.purpose), el("span", { class: "sub" }, row.channel === "voice" ? text("sms.by_voice") : gatewayOf(row.gateway))), row))),
      el("tfoot", {}, line(el("th", { scope: "row" }, text("costs.total")), costs)))),
  ];
}
