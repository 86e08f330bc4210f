// The console: signing in, and what is going on now, asked for once a second.

import { ageOf, api, categoryOf, clearProblem, duration, el, fill, momentOf, numberOf, page, Refusal, serverNow, setServerTime, showProblem, text, textOrNull } from "./page.js";
import { openCall, whenChanged } from "./drawer.js";
import { enterFlows, leaveFlows } from "./flows.js";
import { showLights } from "./lights.js";
import { blockedPage, callbacksPage, roomsPage } from "./lists.js";
import { stateOf, whyOf } from "./message_words.js";
import { enterMessages, leaveMessages, messagesChanged } from "./messages.js";
import { enterRoster, leaveRoster } from "./roster.js";
import { enterTemplates, leaveTemplates } from "./templates.js";

const POLL_MS = 1000;
const POLL_HIDDEN_MS = 10000;
const $ = (id) => document.getElementById(id);

const STAFF = ["admin", "supervisor"];
const nothing = () => {};
// The pages by their address; the first is there for everybody, and shown where the address names none.
const PLACES = {
  calls: { main: "console", roles: null, enter: nothing, leave: nothing },
  doctors: { main: "roster", roles: null, enter: enterRoster, leave: leaveRoster },
  callbacks: { main: "callbacks", roles: STAFF, ...callbacksPage },
  blocked: { main: "blocked", roles: STAFF, ...blockedPage },
  messages: { main: "messages", roles: [...STAFF, "district"], enter: enterMessages, leave: leaveMessages },
  templates: { main: "templates", under: "messages", roles: STAFF, enter: enterTemplates, leave: leaveTemplates },
  rooms: { main: "rooms", roles: [...STAFF, "district"], ...roomsPage },
  flows: { main: "flows", roles: STAFF, enter: enterFlows, leave: leaveFlows },
};

let me = null;
let timer = 0;
let shown = {}; // what each list shows, as JSON: a list is made anew only when it changes
let calls = { list: [], cursor: null };

const changed = (name, value) => {
  const json = JSON.stringify(value);
  if (shown[name] === json) return false;
  shown[name] = json;
  return true;
};

// --- signing in and out ---

$("signin-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const box = form.querySelector(".problem");
  const button = form.querySelector("button");
  clearProblem(box);
  button.disabled = true;
  try {
    await api("POST", "/session", { username: form.username.value, password: form.password.value });
    form.reset();
    await begin();
  } catch (error) {
    showProblem(box, error);
    form.password.select();
  } finally {
    button.disabled = false;
  }
});

$("signout").addEventListener("click", async () => {
  await api("DELETE", "/session").catch(() => null);
  signedOut();
});

function signedOut() {
  me = null;
  clearTimeout(timer);
  $("drawer").close();
  for (const place of Object.values(PLACES)) {
    place.leave();
    $(place.main).hidden = true;
  }
  showLights(null);
  for (const id of ["places", "who", "status", "banner"]) $(id).hidden = true;
  for (const id of ["live-list", "doctors-list", "calls-list", "messages-list", "drawer-body"]) $(id).replaceChildren();
  $("signin").hidden = false;
  $("signin-form").username.focus();
}

async function begin() {
  try {
    me = await api("GET", "/session");
  } catch (error) {
    if (error.status === 401) return signedOut();
    $("signin").hidden = false;
    return banner(error.status === 503 ? "database" : "connection");
  }
  shown = {};
  calls = { list: [], cursor: null };
  $("signin").hidden = true;
  for (const id of ["who", "status"]) $(id).hidden = false;
  $("messages-all").hidden = !maySee(PLACES.messages);
  showPlace();
  $("who-name").textContent = `${me.username} · ${text(`role.${me.role}`)}`;
  await poll();
}

// --- which page ---

const maySee = (place) => place.roles === null || place.roles.includes(me.role);

function showPlace() {
  if (!me) return;
  const [wanted, name] = location.hash.slice(1).split("/");
  const here = PLACES[wanted] && maySee(PLACES[wanted]) ? wanted : "calls";
  $("places").hidden = false;
  for (const [id, place] of Object.entries(PLACES)) {
    $(place.main).hidden = id !== here;
    const link = $(`place-${id}`);
    if (link) {
      link.hidden = !maySee(place);
      if (id === (PLACES[here].under ?? here)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (id === here) place.enter(me, name);
    else place.leave();
  }
}

window.addEventListener("hashchange", showPlace);

// --- once a second ---

async function poll() {
  clearTimeout(timer);
  try {
    const live = await api("GET", "/live");
    if (!me) return;
    setServerTime(live.at);
    showLive(live);
    banner(live.controller === "not_answering" ? "controller" : null);
    if (changed("ended", live.ended_latest)) await loadCalls();
    showLights(live.messages);
    const news = changed("message", live.message_latest);
    if (news) await loadMessages();
    if (changed("inbound", live.inbound_latest) || news) messagesChanged();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401) return signedOut();
    banner(error.status === 503 ? "database" : "connection");
    showStatus("unknown");
    delete shown.ended;
    delete shown.message;
  }
  if (me) timer = setTimeout(poll, document.hidden ? POLL_HIDDEN_MS : POLL_MS);
}

document.addEventListener("visibilitychange", () => { if (me && !document.hidden) poll(); });
whenChanged(() => { delete shown.ended; if (me) poll(); });

function banner(kind) {
  if (!changed("banner", kind)) return;
  $("banner").hidden = kind === null;
  $("banner").textContent = kind ? text(`banner.${kind}`) : "";
}

function showStatus(state) {
  $("status").dataset.state = state;
  if (changed("status", state)) $("status").textContent = text(`status.${state}`);
}

const emptyRow = (id) => [el("li", { class: "empty" }, text(id))];

function showLive(live) {
  showStatus(live.controller);
  if (changed("calls", live.calls)) {
    $("live-count").textContent = live.calls_total || "";
    const rows = live.calls.map(liveRow);
    if (live.calls_total > live.calls.length) rows.push(el("li", { class: "empty" }, text("live.more", { n: live.calls_total })));
    fill($("live-list"), rows.length ? rows : emptyRow("live.empty"));
  }
  if (changed("doctors", live.doctors)) {
    $("doctors-count").textContent = live.doctors.length ? text("doctors.count", { on: live.on_duty, free: live.free }) : "";
    fill($("doctors-list"), live.doctors.length ? live.doctors.map(doctorRow) : emptyRow("doctors.empty"));
  }
  tick();
}

function liveRow(call) {
  return el("li", { class: "row" },
    el("button", { type: "button", class: "open", "data-key": call.id, onclick: () => openCall(call.id, me) },
      el("span", { class: "badge", "data-stage": call.stage }, text(`stage.${call.stage}`)),
      el("span", { class: "main" }, categoryOf(call.category), call.priority ? el("span", { class: "count" }, ` · ${textOrNull(`priority.${call.priority}`) ?? call.priority}`) : ""),
      el("span", { class: "sub" }, call.place ? `${standing(call)} · ` : "", ageOf(call.age_value, call.age_unit), call.doctor_name ? ` · ${call.doctor_name}` : ""),
      el("time", { class: "ticking", "data-since": call.since })));
}

function standing(call) {
  const wait = call.estimate && text(call.estimate === "long" ? "live.long" : "live.estimate", { n: call.estimate });
  const wants = call.wants.length ? text("live.wants", { what: call.wants.map(categoryOf).join(", ") }) : null;
  return [text("live.place", { n: call.place }), wait, wants].filter(Boolean).join(" · ");
}

function tick() {
  for (const time of document.querySelectorAll("time.ticking")) {
    const passed = duration(serverNow() - Date.parse(time.dataset.since));
    if (time.textContent !== passed) time.textContent = passed;
  }
}
setInterval(tick, 500);

// --- doctors ---

const maySwitch = (doctor) => ["admin", "supervisor"].includes(me.role) || (me.role === "doctor" && me.doctor_id === doctor.id);

function doctorRow(doctor) {
  return el("li", { class: "row doctor" },
    el("div", {},
      el("span", { class: "main" }, doctor.name),
      el("span", { class: "sub" }, el("span", { class: "dot", "data-work": doctor.work }), text(`work.${doctor.work}`)),
      el("span", { class: "sub" }, doctor.categories.map(categoryOf).join(" · "))),
    el("fieldset", { class: "duty", disabled: !maySwitch(doctor) },
      el("legend", { class: "unseen" }, text("doctors.duty_of", { name: doctor.name })),
      ["on", "paused", "off"].map((duty) => el("label", {},
        el("input", {
          type: "radio", name: `duty-${doctor.id}`, value: duty, "data-key": `${doctor.id}-${duty}`,
          checked: doctor.duty === duty, onchange: () => switchDuty(doctor, duty),
        }),
        el("span", {}, text(`duty.${duty}`))))));
}

async function switchDuty(doctor, duty) {
  const box = $("doctors-problem");
  clearProblem(box);
  try {
    await api("PATCH", `/doctors/${doctor.id}/duty`, { duty });
  } catch (error) {
    showProblem(box, error);
  }
  delete shown.doctors;
  if (me) await poll();
}

// --- recent calls and messages ---

async function loadCalls(cursor = null) {
  const answer = await api("GET", `/calls?state=ended&limit=15${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
  calls = { list: cursor ? [...calls.list, ...answer.calls] : answer.calls, cursor: answer.next_cursor };
  fill($("calls-list"), calls.list.length ? calls.list.map(callRow) : emptyRow("calls.empty"));
  $("calls-earlier").hidden = calls.cursor === null;
}

$("calls-earlier").addEventListener("click", () => loadCalls(calls.cursor).catch(() => banner("connection")));

function callRow(call) {
  const outcome = call.result ? text(`result.${call.result}`) : text("result.live");
  return el("li", { class: "row" },
    el("button", {
      type: "button", class: "open", "data-key": `ended-${call.id}`, onclick: () => openCall(call.id, me),
      "aria-label": `${text("calls.open", { time: momentOf(call.arrived_at) })}: ${outcome}`,
    },
      el("span", { class: "badge", "data-result": call.result }, outcome),
      el("span", { class: "main" }, call.patient?.name || numberOf(call.caller, me.role)),
      el("span", { class: "sub" },
        categoryOf(call.category), ` · ${ageOf(call.age_value, call.age_unit)}`,
        call.doctor ? ` · ${call.doctor.name}` : "", call.slip_number ? [" · ", el("span", { class: "keep" }, call.slip_number)] : ""),
      el("time", { datetime: call.arrived_at }, momentOf(call.arrived_at))));
}

async function loadMessages() {
  const answer = await api("GET", "/messages?limit=10");
  const bubbles = answer.messages.map((message) => el("li", {},
    el("p", { class: "to" }, message.recipient ? text("messages.to", { number: message.recipient }) : text("messages.hidden")),
    el("p", { class: "bubble", lang: message.language }, message.text),
    el("p", { class: "sub" },
      el("span", { class: "sms", "data-state": message.state }, stateOf(message)),
      ` · ${text("messages.parts", { n: message.parts })} · `,
      el("time", { datetime: message.created_at }, momentOf(message.created_at)),
      whyOf(message) && me.role !== "doctor" ? ` · ${whyOf(message)}` : "")));
  fill($("messages-list"), bubbles.length ? bubbles : emptyRow("messages.empty"));
}

begin();
