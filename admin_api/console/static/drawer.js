// One call in detail, and the doctor's paper work for it: who the patient is, and the advice slip.

import { ageOf, api, categoryOf, clearProblem, duration, el, momentOf, numberOf, page, showProblem, text, textOrNull, timeOf } from "./page.js";

const drawer = document.getElementById("drawer");
const body = document.getElementById("drawer-body");
let me = null;
let afterChange = () => {};

/** Have a function called when something of a call was changed here. */
export const whenChanged = (callback) => { afterChange = callback; };

document.getElementById("drawer-close").addEventListener("click", () => drawer.close());
drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
drawer.addEventListener("close", () => body.replaceChildren());

/** Show the drawer under this heading; what it is to show goes into the element that is handed back. */
export function openDrawer(title) {
  document.getElementById("drawer-title").textContent = text(title);
  body.replaceChildren(el("p", { class: "note" }, text("detail.loading")));
  if (!drawer.open) drawer.showModal();
  return body;
}

export async function openCall(id, who) {
  me = who;
  openDrawer("detail.title");
  try {
    show(await api("GET", `/calls/${id}`));
  } catch (error) {
    const box = el("div", { class: "problem", role: "alert" });
    body.replaceChildren(box);
    showProblem(box, error);
  }
}

function show(detail, note = null) {
  body.replaceChildren(...[
    facts(detail.call), patientPart(detail, note), slipPart(detail), offersPart(detail.offers), whyPart(detail.decisions), journalPart(detail.journal),
  ].filter(Boolean));
}

// --- what happened ---

function facts(call) {
  const outcome = [call.result ? text(`result.${call.result}`) : text("result.live"), call.disposition && text(`disposition.${call.disposition}`)];
  const rows = [
    ["detail.arrived", momentOf(call.arrived_at)],
    ["detail.category", `${categoryOf(call.category)} · ${ageOf(call.age_value, call.age_unit)}`],
    ["detail.caller", numberOf(call.caller, me.role)],
    ["detail.doctor", call.doctor?.name],
    ["detail.wait", call.wait_ms === null ? null : duration(call.wait_ms)],
    ["detail.talk", call.talk_ms === null ? null : duration(call.talk_ms)],
    ["detail.outcome", outcome.filter(Boolean).join(" · ")],
    ["detail.ended_by", call.ended_by && text(`by.${call.ended_by}`)],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([id, value]) => el("div", {}, el("dt", {}, text(id)), el("dd", {}, value))));
}

function offersPart(offers) {
  if (!offers.length) return null;
  return el("section", {}, el("h3", {}, text("detail.offers")), el("ul", { class: "plain" }, offers.map((offer) =>
    el("li", {}, `${timeOf(offer.offered_at)} · ${offer.doctor_name}: ${text(`offer.${offer.result ?? "open"}`)}`))));
}

/** Why this doctor and not another: the points of whoever was rung, and how many others each rule left out. */
function whyPart(decisions) {
  if (!decisions.length) return null;
  const counts = (prefix, values) => Object.entries(values).sort((one, other) => other[1] - one[1]).map(([name, n]) => `${textOrNull(`${prefix}.${name}`) ?? name} ${n}`).join(" · ");
  return el("details", { class: "why" }, el("summary", {}, text("why.title")), el("ul", { class: "plain" }, decisions.map((decision) => {
    const total = Math.round(Object.values(decision.points).reduce((sum, points) => sum + points, 0) * 10) / 10;
    return el("li", {}, `${timeOf(decision.at)} · ${text("why.chosen", { name: decision.doctor_name, points: total })}`,
      el("span", { class: "sub" }, counts("points", decision.points)),
      el("span", { class: "sub" }, Object.keys(decision.excluded).length ? `${text("why.excluded")}: ${counts("exclusion", decision.excluded)}` : text("why.nobody")));
  })));
}

function journalPart(lines) {
  return el("details", {}, el("summary", {}, text("detail.journal")), el("ol", { class: "journal" }, lines.map((line) =>
    el("li", {}, el("time", { datetime: line.at }, timeOf(line.at)), el("span", {}, textOrNull(`journal.${line.kind}`) ?? line.kind), el("span", { class: "sub" }, particulars(line))))));
}

// What of an entry's data tells a reader something; ids are for the API's users.
function particulars({ data }) {
  const value = data.category ? categoryOf(data.category) : data.keys ?? data.choice ?? data.value ?? data.number ?? data.caller ?? null;
  const result = data.result && (textOrNull(`result.${data.result}`) ?? textOrNull(`offer.${data.result}`));
  const outcome = data.outcome && textOrNull(`disposition.${data.outcome}`);
  const by = data.by && textOrNull(`by.${data.by}`);
  return [value, result, outcome, by, data.cause_text].filter((part) => part !== null && part !== undefined && part !== "").join(" · ");
}

// --- forms ---

function field(label, name, attributes = {}, tag = "input") {
  return el("label", {}, text(label), el(tag, { name, "data-field": name, maxlength: tag === "textarea" ? 1000 : 80, autocomplete: "off", ...attributes }));
}

function select(label, name, options, chosen) {
  return el("label", {}, text(label), el("select", { name, "data-field": name }, options.map(([value, words]) => el("option", { value, selected: value === chosen }, words))));
}

/** A form that shows why it was refused and is not sent twice. */
function form(title, fields, button, send) {
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const submit = el("button", { type: "submit" }, text(button));
  return el("form", {
    novalidate: true, class: "paper",
    onsubmit: async (event) => {
      event.preventDefault();
      const self = event.currentTarget;
      clearProblem(box, self);
      submit.disabled = true;
      try {
        await send(self);
        afterChange();
      } catch (error) {
        showProblem(box, error, self);
      } finally {
        submit.disabled = false;
      }
    },
  }, el("h3", {}, text(title)), ...fields.filter(Boolean), box, submit);
}

function patientPart(detail, note) {
  const { call, patient } = detail;
  if (!detail.may_write) return el("section", {}, el("h3", {}, text("patient.title")), patient ? patientFacts(patient) : el("p", { class: "note" }, text("patient.none")));
  const known = detail.known_patients.filter((each) => each.id !== patient?.id);
  const age = patient ?? call;
  const fields = [
    note ? el("p", { class: "done", role: "status" }, text(note)) : null,
    known.length && !detail.slip ? select("patient.known", "patient_id", [
      ["", patient ? patient.name : text("patient.new")],
      ...known.map((each) => [each.id, `${each.name} · ${ageOf(each.age_value, each.age_unit)}`]),
    ], "") : null,
    field("patient.name", "name", { value: patient?.name ?? "", required: true }),
    el("div", { class: "pair" },
      field("patient.age", "age_value", { value: age.age_value ?? "", inputmode: "numeric", maxlength: 4, required: true }),
      select("patient.age_unit", "age_unit", ["years", "months", "days"].map((unit) => [unit, text(`patient.unit.${unit}`)]), age.age_unit ?? "years")),
    select("patient.gender", "gender", ["", "female", "male", "other"].map((gender) => [gender, text(`patient.gender.${gender || "none"}`)]), patient?.gender ?? ""),
    field("patient.address", "address", { value: patient?.address ?? "", maxlength: 200 }),
    el("div", { class: "pair" },
      field("patient.district", "district", { value: patient?.district ?? "" }),
      field("patient.state", "state", { value: patient?.state ?? "" })),
    field("patient.mobile", "mobile", { inputmode: "tel", maxlength: 40, "aria-describedby": "mobile-note" }),
    el("p", { class: "note", id: "mobile-note" }, text(detail.can_receive_sms ? "patient.mobile_known" : "patient.mobile_needed")),
  ];
  const made = form("patient.title", fields, "patient.save", async (self) => {
    const values = Object.fromEntries([...new FormData(self)].filter(([, value]) => value.trim() !== ""));
    // An emptied field is meant; but of somebody chosen from the list these were not shown, and stay.
    if (!values.patient_id) for (const name of ["address", "district", "state"]) values[name] ??= "";
    if (values.age_value === undefined) delete values.age_unit;
    else values.age_value = /^\d{1,4}$/.test(values.age_value) ? Number(values.age_value) : -1;
    show(await api("PATCH", `/calls/${call.id}/patient`, values), "patient.saved");
  });
  // Somebody known brings the details along; what is typed beside would be written over them.
  made.elements.patient_id?.addEventListener("change", (event) => {
    const chosen = known.find((each) => each.id === event.target.value) ?? patient;
    made.elements.name.value = chosen?.name ?? "";
    made.elements.age_value.value = chosen?.age_value ?? "";
    made.elements.age_unit.value = chosen?.age_unit ?? "years";
    made.elements.gender.value = chosen?.gender ?? "";
    for (const name of ["address", "district", "state"]) made.elements[name].value = chosen?.[name] ?? "";
  });
  return made;
}

const patientFacts = (patient) => el("dl", { class: "facts" }, [
  ["patient.name", patient.name], ["patient.age", ageOf(patient.age_value, patient.age_unit)],
  ["patient.gender", patient.gender && text(`patient.gender.${patient.gender}`)], ["patient.address", patient.address],
  ["patient.district", patient.district], ["patient.state", patient.state], ["patient.mobile", patient.mobile],
].filter(([, value]) => value).map(([id, value]) => el("div", {}, el("dt", {}, text(id)), el("dd", {}, value))));

// --- the slip ---

function slipPart(detail, sms) {
  if (detail.slip) return issued(detail.slip, sms);
  const refusal = !detail.may_issue_slip ? (me.role === "doctor" ? "slip.only_doctor" : "slip.none") : !detail.patient || detail.patient.age_value === null ? "slip.needs_patient" : null;
  if (refusal) return el("section", {}, el("h3", {}, text("slip.title")), el("p", { class: "note" }, text(refusal)));
  const drugs = el("div", { class: "drugs" });
  const number = () => [...drugs.children].forEach((row, index) => numberDrug(row, index));
  const add = el("button", { type: "button", class: "quiet", onclick: () => { drugs.append(drugRow(number)); number(); drugs.lastChild.querySelector("input").focus(); } }, text("slip.drug_add"));
  const fields = [
    field("slip.complaints", "complaints", { rows: 2 }, "textarea"),
    field("slip.diagnosis", "diagnosis", { maxlength: 1000 }),
    field("slip.advice", "advice", { rows: 4 }, "textarea"),
    drugs, lists(), add,
  ];
  return form("slip.title", fields, "slip.submit", async (self) => {
    const values = Object.fromEntries(["complaints", "diagnosis"].map((name) => [name, self.elements[name].value]));
    values.advice = self.elements.advice.value.trim() ? [self.elements.advice.value] : [];
    values.drugs = [...drugs.children].map(drugOf);
    const slip = await api("POST", `/calls/${detail.call.id}/slip`, values);
    const fresh = await api("GET", `/calls/${detail.call.id}`);
    show(fresh);
    body.querySelector(".issued")?.append(el("p", { class: "done", role: "status" }, text(told(slip.sms))));
    body.querySelector(".issued")?.scrollIntoView({ block: "nearest" });
  });
}

function issued(slip) {
  const { content } = slip;
  const lines = [["slip.complaints", content.complaints], ["slip.diagnosis", content.diagnosis], ["slip.advice", content.advice]];
  return el("section", { class: "issued" }, el("h3", {}, text("slip.title")),
    el("p", { class: "number" }, text("slip.issued", { number: slip.number })),
    el("dl", { class: "facts" }, lines.filter(([, value]) => value).map(([id, value]) => el("div", {}, el("dt", {}, text(id)), el("dd", { class: "lines" }, value)))),
    el("ul", { class: "plain" }, (content.drugs ?? []).map((drug) => el("li", {}, `${drug.name} · ${drug.form} · ${drug.strength} · ${drug.frequency} · ${drug.days} ${text("slip.days")}`))));
}

const DRUG = ["generic", "form", "strength", "frequency", "days", "instructions"];

function drugRow(renumber) {
  const options = { generic: { list: "generics" }, form: { list: "forms" }, strength: { list: "strengths" }, frequency: { value: "1-0-1" }, days: { inputmode: "numeric", value: "3", maxlength: 3 }, instructions: {} };
  return el("fieldset", { class: "drug" }, el("legend", {}), ...DRUG.map((name) => field(`slip.${name}`, name, options[name])),
    el("button", { type: "button", class: "quiet remove", onclick: (event) => { event.currentTarget.closest("fieldset").remove(); renumber(); } }));
}

function numberDrug(row, index) {
  row.querySelector("legend").textContent = text("slip.drug", { n: index + 1 });
  row.querySelector(".remove").textContent = text("slip.drug_remove", { n: index + 1 });
  for (const name of DRUG) row.querySelector(`[name="${name}"]`).dataset.field = `drugs.${index}.${name}`;
}

function drugOf(row) {
  const values = Object.fromEntries(DRUG.map((name) => [name, row.querySelector(`[name="${name}"]`).value.trim()]));
  return { ...values, days: /^\d{1,3}$/.test(values.days) ? Number(values.days) : 0 };
}

function lists() {
  const forms = page.formulary.flatMap((drug) => Object.keys(drug.forms));
  const strengths = page.formulary.flatMap((drug) => Object.values(drug.forms).flat());
  const list = (id, values) => el("datalist", { id }, [...new Set(values)].map((value) => el("option", { value })));
  return el("div", { hidden: true }, list("generics", page.formulary.map((drug) => drug.generic)), list("forms", forms), list("strengths", strengths));
}

function told(sms) {
  if (!sms) return "slip.no_sms";
  if (sms.state === "refused") return "slip.sms_refused";
  return sms.channel === "voice" ? "slip.spoken" : "slip.sms";
}
