// The weekly schedule as a form: a row a day, its windows with time fields, single days, leave. Works by keyboard alone.

import { el, page, text } from "./page.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const USUAL = ["09:00", "13:00"];

/** The part of the form, and a function that gives what stands in it now (null: whenever on duty). */
export function hoursEditor(schedule, zone) {
  const week = Object.fromEntries(DAYS.map((day) => [day, dayRow(`schedule.weekly.${day}`, text(`weekday.${day}`), schedule?.weekly?.[day] ?? [])]));
  const dates = listOf("roster.date_add", (focus) => dateRow("", [USUAL], focus));
  const leave = listOf("roster.leave_add", (focus) => leaveRow("", "", focus));
  for (const [day, windows] of Object.entries(schedule?.dates ?? {})) dates.add(dateRow(day, windows));
  for (const [first, last] of schedule?.leave ?? []) leave.add(leaveRow(first, last));

  const anyTime = !schedule || (!Object.keys(schedule.weekly ?? {}).length && !Object.keys(schedule.dates ?? {}).length);
  const copy = el("button", { type: "button", class: "quiet", "data-key": "copy-days", onclick: () => {
    const first = DAYS.map((day) => week[day].value()).find((windows) => windows.length);
    if (first) for (const day of DAYS) week[day].set(first);
  } }, text("roster.copy"));
  const inHours = el("div", { class: "week", hidden: anyTime }, ...DAYS.map((day) => week[day].element), el("p", { class: "actions" }, copy),
    el("h4", {}, text("roster.dates")), dates.element);
  const choice = (value, words, checked) => el("label", { class: "choice" },
    el("input", { type: "radio", name: "hours", value, checked, "data-key": `hours-${value}`, onchange: () => { inHours.hidden = value === "any"; } }), el("span", {}, text(words)));
  const zoneField = el("label", {}, text("roster.zone", { zone: page.timeZone }), el("input", { name: "time_zone", "data-field": "time_zone", value: zone, maxlength: 40, autocomplete: "off", spellcheck: "false", autocapitalize: "none", placeholder: page.timeZone }));

  const element = el("div", { class: "hours", "data-field": "schedule", tabindex: "-1" },
    choice("any", "roster.any_time", anyTime), choice("some", "roster.some_hours", !anyTime), inHours,
    el("h4", {}, text("roster.leave")), leave.element, zoneField);
  const value = () => {
    const some = !inHours.hidden;
    const weekly = some ? Object.fromEntries(DAYS.map((day) => [day, week[day].value()]).filter(([, windows]) => windows.length)) : {};
    const single = some ? Object.fromEntries(dates.rows().map((row) => row.read())) : {};
    const away = leave.rows().map((row) => row.read());
    return Object.keys(weekly).length || Object.keys(single).length || away.length ? { weekly, dates: single, leave: away } : null;
  };
  return { element, value, zone: () => zoneField.querySelector("input").value.trim() };
}

/** A day and its windows. */
function dayRow(place, name, windows) {
  const list = el("ul", { class: "windows" });
  const none = el("span", { class: "note none" }, text("roster.free_day"));
  const number = () => {
    [...list.children].forEach((item, n) => {
      item.dataset.field = `${place}.${n}`;
      item.setAttribute("aria-label", text("roster.window_of", { day: name, n: n + 1 }));
    });
    none.hidden = list.childElementCount > 0;
  };
  const add = (window, focus = false) => {
    const item = windowItem(window, () => { item.remove(); number(); button.focus(); });
    list.append(item);
    number();
    if (focus) item.querySelector("input").focus();
  };
  const button = el("button", { type: "button", class: "quiet small", "data-key": `add-${place}`, "aria-label": `${text("roster.window_add")}: ${name}`, onclick: () => add(after(value()), true) }, "+");
  const value = () => [...list.children].map((item) => [...item.querySelectorAll("input")].map((input) => input.value)).filter(([from, to]) => from || to);
  const set = (all) => { list.replaceChildren(); all.forEach((window) => add(window)); number(); };
  set(windows);
  return { element: el("div", { class: "day", role: "group", "aria-label": name }, el("span", { class: "day-name" }, name), el("div", {}, none, list), button), value, set };
}

/** A second window begins where it most often does: some hours after the first. */
function after(windows) {
  return windows.length ? ["17:00", "20:00"] : USUAL;
}

function windowItem([from, to], remove) {
  const night = el("span", { class: "note" });
  const tell = () => { night.textContent = last.value && first.value && last.value <= first.value ? text("roster.next_day") : ""; };
  const first = el("input", { type: "time", value: from, "aria-label": text("roster.from"), oninput: () => tell() });
  const last = el("input", { type: "time", value: to, "aria-label": text("roster.to"), oninput: () => tell() });
  tell();
  return el("li", { role: "group", tabindex: "-1" }, first, el("span", {}, "–"), last,
    el("button", { type: "button", class: "quiet small", "aria-label": text("roster.window_remove"), onclick: remove }, "×"), night);
}

function dateRow(day, windows, focus = false) {
  const input = el("input", { type: "date", value: day, "aria-label": text("roster.day") });
  const inner = dayRow(`schedule.dates.${day}`, text("roster.day"), windows);
  const element = el("li", { class: "single" }, input, inner.element, removeButton());
  if (focus) queueMicrotask(() => input.focus());
  return Object.assign(element, { read: () => [input.value, inner.value()] });
}

function leaveRow(first, last, focus = false) {
  const [from, to] = [["roster.first_day", first], ["roster.last_day", last]].map(([words, value]) => el("input", { type: "date", value, "aria-label": text(words) }));
  const element = el("li", { class: "single" }, from, el("span", {}, "–"), to, removeButton());
  if (focus) queueMicrotask(() => from.focus());
  return Object.assign(element, { read: () => [from.value, to.value || from.value] });
}

const removeButton = () => el("button", { type: "button", class: "quiet small", "aria-label": text("roster.remove"), onclick: (event) => event.currentTarget.closest("li").remove() }, "×");

function listOf(words, make) {
  const list = el("ul", { class: "singles" });
  const button = el("button", { type: "button", class: "quiet", "data-key": words, onclick: () => list.append(make(true)) }, text(words));
  return { element: el("div", {}, list, button), add: (row) => list.append(row), rows: () => [...list.children] };
}
