// Three short pages of supervisors: who is to be called back, who is flagged for abuse, and control rooms.

import { api, categoryOf, clearProblem, el, fill, whenOf, numberOf, Refusal, showProblem, text, textOrNull } from "./page.js";
import { openCall } from "./drawer.js";
import { sure } from "./sure.js";

const POLL_MS = 3000;
const $ = (id) => document.getElementById(id);

/** A page that is asked for again and again while it is open: `load(me)` gives rows, `draw(rows)` shows them. */
function polled(name, load, draw) {
  let me = null;
  let timer = 0;
  let drawn = "";
  const box = $(`${name}-problem`);
  // Nobody's half-filled form is taken away by news.
  const isTyping = () => $(name).contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  const refresh = async (anyway = true) => {
    clearTimeout(timer);
    if (!me) return;
    try {
      const answer = await load();
      if (!me) return;
      clearProblem(box);
      const json = JSON.stringify(answer);
      if (json !== drawn && (anyway || !isTyping())) { drawn = json; draw(answer, me, act); }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== 401 && me) showProblem(box, error);
    }
    if (me) timer = setTimeout(() => refresh(false), POLL_MS);
  };
  const act = async (deed) => {
    clearProblem(box);
    drawn = "";
    try {
      await deed();
      await refresh();
    } catch (error) {
      showProblem(box, error);
    }
  };
  return {
    enter: (who) => { me = who; drawn = ""; refresh(); },
    leave: () => { clearTimeout(timer); me = null; $(`${name}-list`).replaceChildren(); },
    refresh,
  };
}

const rowsOr = (rows, empty) => (rows.length ? rows : [el("li", { class: "empty" }, text(empty))]);
const sub = (...parts) => el("span", { class: "sub" }, parts.filter(Boolean).join(" · "));

// --- people to be called back ---

let most = 50;
export const callbacksPage = polled("callbacks", () => api("GET", `/callbacks?limit=${most}&state=${$("callbacks-show").value}`), (answer, me, act) => {
  $("callbacks-count").textContent = answer.open_total ? text("callbacks.count", { n: answer.open_total }) : "";
  fill($("callbacks-list"), rowsOr(answer.callbacks.map((each) => callbackRow(each, me, act)), "callbacks.empty"));
  $("callbacks-more").hidden = answer.next_cursor === null || most >= 200;
});
$("callbacks-show").addEventListener("input", () => { most = 50; callbacksPage.refresh(); });
$("callbacks-more").addEventListener("click", () => { most = Math.min(200, most + 50); callbacksPage.refresh(); });

function callbackRow(request, me, act) {
  const last = request.last_result ? textOrNull(`callbacks.last.${request.last_result}`) ?? request.last_result : null;
  const next = request.being_called ? text("callbacks.calling") : request.next_try_at ? text("callbacks.next", { time: whenOf(request.next_try_at) }) : text("callbacks.soon");
  const number = numberOf(request.number, me.role);
  return el("li", { class: "row request" },
    el("button", { type: "button", class: "open", "data-key": `request-${request.id}`, onclick: () => openCall(request.call_id, me) },
      el("span", { class: "badge", "data-stage": request.being_called ? "ringing" : "waiting" }, request.place ? text("callbacks.place", { n: request.place }) : text(`callbacks.show.${request.state}`)),
      el("span", { class: "main" }, number),
      sub(textOrNull(`callbacks.kind.${request.kind}`) ?? request.kind, request.category && categoryOf(request.category), request.priority && textOrNull(`priority.${request.priority}`), request.line && text("callbacks.line", { number: request.line })),
      sub(request.tries ? text("callbacks.tries", { n: request.tries }) : null, last, request.state === "open" ? next : text("callbacks.closed_at", { time: whenOf(request.closed_at ?? request.requested_at) })),
      sub(text("callbacks.since", { time: whenOf(request.waiting_since ?? request.requested_at) }), request.state === "open" && request.expires_at ? text("callbacks.expires", { time: whenOf(request.expires_at) }) : null)),
    request.state === "open" ? el("button", { type: "button", class: "quiet", "data-key": `withdraw-${request.id}`, "aria-label": `${text("callbacks.withdraw")}: ${number}`, onclick: async () => {
      if (await sure(text("callbacks.sure_title"), text("callbacks.sure", { number }))) await act(() => api("POST", `/callbacks/${request.id}/withdraw`, {}));
    } }, text("callbacks.withdraw")) : null);
}

// --- flagged for abuse ---

export const blockedPage = polled("blocked", () => api("GET", "/strikes"), (answer, me, act) => {
  $("blocked-note").textContent = text("blocked.note", { n: answer.numbers[0]?.needed ?? 3 });
  fill($("blocked-list"), rowsOr(answer.numbers.map((each) => blockedRow(each, me, act)), "blocked.empty"));
});

function blockedRow(one, me, act) {
  const number = numberOf(one.number, me.role);
  return el("li", { class: "row request" },
    el("button", { type: "button", class: "open", "data-key": `strike-${one.id}`, "aria-label": `${text("blocked.open")}: ${number}`, onclick: () => openCall(one.last_call_id, me) },
      el("span", { class: "badge", "data-result": one.blocked_until ? "refused" : "callback" }, text(one.blocked_until ? "blocked.blocked" : "blocked.warned")),
      el("span", { class: "main" }, number),
      sub(text("blocked.strikes", { n: one.strikes, needed: one.needed }), text("blocked.last", { time: whenOf(one.last_at) }), one.blocked_until && text("blocked.until", { time: whenOf(one.blocked_until) }))),
    el("button", { type: "button", class: "quiet", "data-key": `forgive-${one.id}`, "aria-label": `${text("blocked.lift")}: ${number}`, onclick: async () => {
      if (await sure(text("blocked.sure_title"), text("blocked.sure", { number }))) await act(() => api("POST", `/strikes/${one.id}/lift`, {}));
    } }, text("blocked.lift")));
}

// --- control rooms ---

export const roomsPage = polled("rooms", () => api("GET", "/control-rooms"), (answer, me, act) => {
  const maySet = ["admin", "supervisor"].includes(me.role);
  $("rooms-new").replaceChildren(...(maySet ? [roomForm(null, act)] : []));
  fill($("rooms-list"), rowsOr(answer.rooms.map((room) => roomRow(room, maySet, act)), "rooms.empty"));
});

function roomRow(room, maySet, act) {
  const doctors = room.doctors.length ? room.doctors.map((doctor) => el("a", { href: `#doctors/${doctor.id}` }, doctor.name)) : [text("rooms.no_doctors")];
  return el("li", { class: "row room" },
    el("p", {}, el("span", { class: "main" }, room.name), " ", el("span", { class: "badge", "data-taken": room.active ? "yes" : "waiting" }, text(room.active ? "rooms.active" : "rooms.closed"))),
    sub(room.number, room.district, `${text("rooms.lines")}: ${room.lines}`),
    el("p", { class: "sub" }, `${text("rooms.doctors")}: `, ...doctors.flatMap((each, n) => (n ? [", ", each] : [each]))),
    maySet ? el("details", {}, el("summary", {}, text("rooms.change")), roomForm(room, act)) : null);
}

function roomForm(room, act) {
  const field = (name, attributes) => el("label", {}, text(`rooms.${name}`), el("input", { name, "data-field": name, autocomplete: "off", maxlength: 80, value: room?.[name] ?? "", ...attributes }));
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const active = el("input", { type: "checkbox", checked: room?.active ?? true });
  const form = el("form", { class: "paper", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    clearProblem(box, form);
    const values = Object.fromEntries(["name", "number", "district"].map((name) => [name, form.elements[name].value.trim()]));
    values.lines = /^\d{1,3}$/.test(form.elements.lines.value) ? Number(form.elements.lines.value) : 0;
    try {
      await (room ? api("PATCH", `/control-rooms/${room.id}`, { ...values, active: active.checked }) : api("POST", "/control-rooms", values));
      await act(async () => {});
    } catch (error) {
      showProblem(box, error, form);
    }
  } }, room ? null : el("h3", {}, text("rooms.new")),
    el("div", { class: "pairs" }, field("name"), field("number", { inputmode: "tel", maxlength: 40 }), field("district"), field("lines", { inputmode: "numeric", maxlength: 3, value: room?.lines ?? 1 })),
    room ? el("label", { class: "choice" }, active, el("span", {}, text("rooms.active"))) : null,
    box, el("p", { class: "actions" }, el("button", { type: "submit" }, text("roster.save"))));
  return form;
}
