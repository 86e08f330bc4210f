// The page of doctors: who is there, who could be rung, a switch for duty, and the way to each doctor's form.

import { api, categoryOf, clearProblem, el, fill, whenOf, Refusal, showProblem, text, textOrNull } from "./page.js";
import { doctorForm } from "./doctor_form.js";

const POLL_MS = 3000;
const SHOWS = { all: "retired=false", on: "retired=false&duty=on", paused: "retired=false&duty=paused", off: "retired=false&duty=off", quarantined: "quarantined=true", retired: "retired=true" };
const $ = (id) => document.getElementById(id);

let me = null;
let timer = 0;
let limit = 50;
let drawn = "";
let open = null; // the id of the doctor in the form, or "new"

const isStaff = () => ["admin", "supervisor"].includes(me.role);

export function enterRoster(who, name) {
  const before = open;
  me = who;
  open = name || null;
  drawn = "";
  $("roster-new").hidden = !isStaff();
  $("roster-tools").hidden = me.role === "doctor";
  $("roster").classList.toggle("picked", open !== null);
  if (open !== before || !open) $("doctor").hidden = !open;
  if (open && open !== before) show();
  refresh();
}

export function leaveRoster() {
  clearTimeout(timer);
  me = open = null;
  $("doctor").hidden = true;
  $("doctor").replaceChildren();
  $("roster-list").replaceChildren();
}

async function refresh() {
  clearTimeout(timer);
  if (!me) return;
  const wanted = query();
  try {
    const page = await api("GET", `/doctors?limit=${limit}&${wanted}`);
    if (!me || wanted !== query()) return;
    clearProblem($("roster-problem"));
    list(page);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== 401 && me) showProblem($("roster-problem"), error);
  }
  if (me) timer = setTimeout(refresh, POLL_MS);
}

function query() {
  const parts = [SHOWS[$("roster-show").value]];
  const words = $("roster-search").value.trim();
  if (words) parts.push(`q=${encodeURIComponent(words)}`);
  if ($("roster-category").value) parts.push(`category=${$("roster-category").value}`);
  return parts.join("&");
}

for (const id of ["roster-search", "roster-show", "roster-category"]) $(id).addEventListener("input", () => { limit = 50; refresh(); });
$("roster-tools").addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
$("roster-more").addEventListener("click", () => { limit = Math.min(200, limit + 50); refresh(); });

// --- the list ---

function list(page) {
  const json = JSON.stringify([page, open]);
  if (json === drawn) return;
  drawn = json;
  const filtered = $("roster-search").value || $("roster-category").value || $("roster-show").value !== "all";
  fill($("roster-list"), page.doctors.length ? page.doctors.map(row) : [el("li", { class: "empty" }, text(filtered ? "roster.empty" : "roster.empty_all"))]);
  $("roster-more").hidden = page.next_cursor === null || limit >= 200;
}

/** What the doctor does now, in words: "Outside the hours · until 17:00". */
export function doingOf(doctor) {
  const reason = doctor.doing === "paused" && doctor.duty_reason ? textOrNull(`roster.reason.${doctor.duty_reason}`) ?? doctor.duty_reason : null;
  const until = doctor.until ? text("roster.until", { time: whenOf(doctor.until) }) : null;
  return [text(`doing.${doctor.doing}`), reason, until].filter(Boolean).join(" · ");
}

function row(doctor) {
  const next = doctor.next_window && doctor.doing !== "off_schedule" && doctor.doing !== "on_leave" ? text("roster.next", { time: whenOf(doctor.next_window) }) : null;
  const aside = doctor.phones.some((phone) => phone.quarantined_at);
  return el("li", { class: "row doctor", "data-doctor": doctor.id },
    el("a", { class: "open", href: `#doctors/${doctor.id}`, "data-key": `doctor-${doctor.id}`, "aria-current": doctor.id === open ? "true" : null },
      el("span", { class: "main" }, doctor.name),
      el("span", { class: "sub" }, el("span", { class: "dot", "data-work": doctor.doing }), doingOf(doctor)),
      el("span", { class: "sub" }, [text("roster.today", { calls: doctor.calls_today, minutes: doctor.minutes_today }), next].filter(Boolean).join(" · ")),
      el("span", { class: "sub" }, doctor.categories.map(categoryOf).join(" · ")),
      aside ? el("span", { class: "badge", "data-taken": "trouble" }, text("roster.quarantine")) : null),
    doctor.active ? dutySwitch(doctor) : null);
}

function dutySwitch(doctor) {
  return el("fieldset", { class: "duty" },
    el("legend", { class: "unseen" }, text("doctors.duty_of", { name: doctor.name })),
    ["on", "paused", "off"].map((duty) => el("label", {},
      el("input", { type: "radio", name: `roster-${doctor.id}`, value: duty, "data-key": `roster-${doctor.id}-${duty}`, checked: doctor.duty === duty, onchange: () => switchDuty(doctor, duty) }),
      el("span", {}, text(`duty.${duty}`)))));
}

async function switchDuty(doctor, duty) {
  const box = $("roster-problem");
  clearProblem(box);
  try {
    await api("PATCH", `/doctors/${doctor.id}/duty`, { duty });
  } catch (error) {
    showProblem(box, error);
  }
  drawn = "";
  if (me) await refresh();
}

// --- one doctor ---

async function show(note = null) {
  const card = $("doctor");
  const id = open;
  card.replaceChildren(el("p", { class: "note" }, text("detail.loading")));
  card.hidden = false;
  try {
    const doctor = id === "new" ? null : await api("GET", `/doctors/${id}`);
    const rooms = me.role === "doctor" ? [] : (await api("GET", "/control-rooms")).rooms;
    if (!me || open !== id) return;
    card.replaceChildren(
      el("a", { class: "to-list", href: "#doctors" }, `← ${text("roster.back")}`),
      note ? el("p", { class: "done", role: "status" }, text(note)) : "",
      ...doctorForm(doctor, me, rooms, saved));
    window.scrollTo({ top: 0 });
    card.focus({ preventScroll: true });
  } catch (error) {
    const box = el("div", { class: "problem", role: "alert" });
    card.replaceChildren(box);
    showProblem(box, error);
  }
}

/** Something was stored: show it as it is now. A new doctor has an address of the own. */
async function saved(doctor, note) {
  drawn = "";
  open = doctor.id;
  history.replaceState(null, "", `#doctors/${doctor.id}`);
  await show(note);
  await refresh();
}
