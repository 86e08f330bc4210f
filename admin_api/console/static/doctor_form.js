// One doctor's form: the person, which calls, telephones, hours, limits. What somebody may not change is not shown.

import { api, categoryOf, clearProblem, el, whenOf, showProblem, text } from "./page.js";
import { hoursEditor } from "./hours.js";
import { sure } from "./sure.js";
import { doingOf } from "./roster.js";

const CATEGORIES = ["fever", "heart", "neuro", "skin", "maternity", "child", "general", "mental", "medicines"];
const LEVELS = ["general", "specialist", "super"];
const PERSON = [["name", 80], ["registration_number", 30, "roster.registration"], ["council", 80], ["qualification", 80], ["district", 80], ["state", 80], ["address", 200]];
const LIMITS = ["calls_per_day", "minutes_per_day", "wrap_up_seconds"];

/** The elements of a doctor's card; `doctor` is null for a new one. `saved(doctor, note)` is told what was stored. */
export function doctorForm(doctor, me, rooms, saved) {
  const may = (name) => !doctor || doctor.may_change.includes(name);
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const hours = may("schedule") ? hoursEditor(doctor?.schedule ?? null, doctor?.time_zone ?? "") : null;
  const phones = may("phones") ? phonesEditor(doctor, rooms) : null;
  const parts = [
    may("name") ? part("roster.part.person", personFields(doctor)) : null,
    may("categories") ? part("roster.part.calls", callFields(doctor)) : null,
    phones ? part("roster.part.phones", [phones.element]) : null,
    hours ? part("roster.part.hours", [hours.element]) : null,
    hours ? part("roster.part.limits", limitFields(doctor, may)) : null,
    doctor ? null : part("roster.account", [field("roster.username", "account.username", { maxlength: 64, autocapitalize: "none" }), field("roster.password", "account.password", { type: "password", maxlength: 200, autocomplete: "new-password" })]),
  ];
  const submit = el("button", { type: "submit" }, text("roster.save"));
  const form = el("form", { class: "doctor-form", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    clearProblem(box, form);
    submit.disabled = true;
    try {
      const values = read(form, doctor, may, hours, phones);
      const stored = doctor ? await api("PATCH", `/doctors/${doctor.id}`, values) : await api("POST", "/doctors", values);
      await saved(stored, doctor ? "roster.saved" : "roster.created");
    } catch (error) {
      showProblem(box, nearest(form, error), form);
    } finally {
      submit.disabled = false;
    }
  } }, ...parts.filter(Boolean), box, el("p", { class: "actions" }, submit, retiring(doctor, may, box, saved)));
  return [...head(doctor), ...quarantined(doctor, me, box, saved), doctor && doctor.active && doctor.duty !== "paused" && me.role !== "doctor" ? pausing(doctor, box, saved) : "", form].filter(Boolean);
}

function head(doctor) {
  if (!doctor) return [el("h2", {}, text("roster.new"))];
  return [
    el("h2", {}, doctor.name, " ", el("span", { class: "count" }, [doctor.registration_number, doctor.council].filter(Boolean).join(" · "))),
    el("p", {}, el("span", { class: "dot", "data-work": doctor.doing }), doingOf(doctor)),
    el("p", { class: "note" }, [text("roster.today", { calls: doctor.calls_today, minutes: doctor.minutes_today }), doctor.next_window ? text("roster.next", { time: whenOf(doctor.next_window) }) : null].filter(Boolean).join(" · ")),
  ];
}

// --- what a button does at once ---

function quarantined(doctor, me, box, saved) {
  if (!doctor) return [];
  return doctor.phones.filter((phone) => phone.quarantined_at).map((phone) => el("div", { class: "warn" },
    el("p", {}, el("strong", {}, phone.number), " ", text("roster.phone_aside", { time: whenOf(phone.quarantined_at), reason: phone.quarantine_reason })),
    me.role === "doctor" ? "" : el("button", { type: "button", "data-key": `lift-${phone.id}`, onclick: () => act(box, async () => saved(await api("POST", `/doctors/${doctor.id}/phones/${phone.id}/release`, {}), "roster.lifted")) }, text("roster.phone_lift"))));
}

function pausing(doctor, box, saved) {
  const reason = el("input", { maxlength: 80, autocomplete: "off", "data-field": "reason" });
  return el("form", { class: "pausing", onsubmit: (event) => { event.preventDefault(); act(box, async () => saved(await api("PATCH", `/doctors/${doctor.id}/duty`, { duty: "paused", reason: reason.value }), "roster.saved")); } },
    el("label", {}, text("roster.pause_reason"), reason), el("button", { type: "submit", class: "quiet" }, text("duty.paused")));
}

function retiring(doctor, may, box, saved) {
  if (!doctor || !may("active")) return "";
  const change = (active) => act(box, async () => saved(await api("PATCH", `/doctors/${doctor.id}`, { active }), "roster.saved"));
  if (!doctor.active) return el("button", { type: "button", class: "quiet", "data-key": "take-back", onclick: () => change(true) }, text("roster.take_back"));
  return el("button", { type: "button", class: "quiet", "data-key": "retire", onclick: async () => {
    if (await sure(text("roster.retire"), text("roster.retire_sure", { name: doctor.name }))) await change(false);
  } }, text("roster.retire"));
}

async function act(box, deed) {
  clearProblem(box);
  try {
    await deed();
  } catch (error) {
    showProblem(box, error);
  }
}

// --- the fields ---

const part = (title, children) => el("fieldset", { class: "part" }, el("legend", {}, text(title)), ...children);

function field(label, name, attributes = {}) {
  return el("label", {}, text(label), el("input", { name, "data-field": name, autocomplete: "off", ...attributes }));
}

function personFields(doctor) {
  const genders = ["", "female", "male", "other"].map((value) => el("option", { value, selected: value === (doctor?.gender ?? "") }, text(value ? `patient.gender.${value}` : "roster.gender.none")));
  return [
    el("div", { class: "pairs" }, ...PERSON.map(([name, maxlength, label]) => field(label ?? `roster.${name}`, name, { maxlength, value: doctor?.[name] ?? "" })),
      el("label", {}, text("roster.gender"), el("select", { name: "gender", "data-field": "gender" }, genders))),
  ];
}

function callFields(doctor) {
  const levels = doctor?.levels ?? { general: "general" };
  const other = Object.entries(levels).filter(([name]) => !CATEGORIES.includes(name)).map(([name]) => name);
  return [
    el("div", { class: "levels", "data-field": "categories", tabindex: "-1" }, CATEGORIES.map((name) => el("label", {}, categoryOf(name),
      el("select", { "data-level": name, "aria-label": text("roster.level_of", { name: categoryOf(name) }) },
        ["", ...LEVELS].map((level) => el("option", { value: level, selected: (levels[name] ?? "") === level }, text(`roster.level.${level || "none"}`))))))),
    el("div", { class: "pairs" },
      field("roster.skills", "skills", { maxlength: 400, value: other.join(" "), spellcheck: "false", autocapitalize: "none" }),
      field("roster.languages", "languages", { maxlength: 60, value: (doctor?.languages ?? ["hi", "en"]).join(" "), spellcheck: "false", autocapitalize: "none" }),
      field("roster.serves", "serves", { maxlength: 800, value: (doctor?.serves ?? []).join(", ") })),
  ];
}

function limitFields(doctor, may) {
  const number = (name) => field(name === "wrap_up_seconds" ? "roster.wrap_up" : `roster.${name}`, name, { inputmode: "numeric", maxlength: 4, value: doctor?.[name] ?? "" });
  return [
    el("label", { class: "choice" }, el("input", { type: "checkbox", name: "night", checked: doctor?.night ?? false }), el("span", {}, text("roster.night"))),
    el("div", { class: "pairs" }, ...LIMITS.filter(may).map(number)),
  ];
}

function phonesEditor(doctor, rooms) {
  const list = el("ol", { class: "phones", "data-field": "phones", tabindex: "-1" });
  const number = () => [...list.children].forEach((item, n) => {
    const input = item.querySelector("input[inputmode]");
    if (input) { input.dataset.field = `phones.${n}`; input.setAttribute("aria-label", text("roster.phone", { n: n + 1 })); }
    item.querySelector(".up").disabled = n === 0;
  });
  const add = (phone, focus = false) => {
    const active = el("input", { type: "checkbox", checked: phone.active ?? true });
    const input = phone.id ? null : el("input", { inputmode: "tel", maxlength: 40, autocomplete: "off", placeholder: text("roster.phone_new"), value: phone.number ?? "" });
    const shown = phone.room ? `${text("roster.phone_room", { name: phone.room })} · ${phone.number}` : phone.number;
    const item = el("li", {}, input ?? el("span", { class: "keep" }, shown),
      el("label", { class: "choice" }, active, el("span", {}, text("roster.phone_active"))),
      el("button", { type: "button", class: "quiet small up", "aria-label": text("roster.phone_up"), onclick: () => { item.previousElementSibling?.before(item); number(); item.querySelector(".up").focus(); } }, "↑"),
      el("button", { type: "button", class: "quiet small", "aria-label": text("roster.phone_remove"), onclick: () => { item.remove(); number(); } }, "×"));
    item.read = () => (doctor ? { ...(phone.id ? { id: phone.id } : { number: input.value }), active: active.checked } : input.value);
    list.append(item);
    number();
    if (focus) input?.focus();
  };
  for (const phone of doctor?.phones ?? [{}]) add(phone);
  const room = el("select", { "data-key": "room", onchange: () => { if (room.value) add({ number: room.value }); room.value = ""; } },
    el("option", { value: "" }, text("roster.room_none")), rooms.filter((each) => each.active).map((each) => el("option", { value: each.number }, `${each.name} · ${each.number}`)));
  const element = el("div", {}, list, el("p", { class: "actions" }, el("button", { type: "button", class: "quiet", "data-key": "phone-add", onclick: () => add({}, true) }, text("roster.phone_add"))),
    rooms.length ? el("label", {}, text("roster.room_add"), room) : "");
  return { element, value: () => [...list.children].map((item) => item.read()) };
}

// --- what is sent ---

function read(form, doctor, may, hours, phones) {
  const values = {};
  const of = (name) => form.elements[name]?.value.trim() ?? "";
  const whole = (name) => (of(name) === "" ? null : /^\d+$/.test(of(name)) ? Number(of(name)) : -1);
  if (may("name")) {
    for (const [name] of PERSON) values[name] = of(name);
    values.gender = of("gender") || null;
  }
  if (may("categories")) {
    const chosen = [...form.querySelectorAll("[data-level]")].filter((select) => select.value);
    const skills = of("skills").split(/[\s,;]+/).filter(Boolean);
    values.categories = [...chosen.map((select) => select.dataset.level), ...skills];
    values.levels = Object.fromEntries(chosen.map((select) => [select.dataset.level, select.value]));
    values.languages = of("languages").toLowerCase().split(/[\s,;]+/).filter(Boolean);
    const serves = of("serves").split(/\s*[,;]\s*/).filter(Boolean);
    values.serves = serves.length ? serves : null;
  }
  if (phones) values.phones = phones.value();
  if (hours) {
    values.schedule = hours.value();
    values.time_zone = hours.zone();
    values.night = form.elements.night.checked;
    for (const name of LIMITS.filter(may)) values[name] = whole(name);
  }
  const username = of("account.username");
  if (!doctor && username) values.account = { username, password: form.elements["account.password"].value };
  return values;
}

/** The refusal with the nearest field that the form has: schedule.weekly.mon.1 where there is one, else schedule. */
function nearest(form, error) {
  let name = error.field ?? "";
  while (name && !form.querySelector(`[data-field="${CSS.escape(name)}"]`)) name = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
  if (name) error.field = name;
  return error;
}
