// The wordings of messages: which are sent and registered, how one looks filled in, a trial, and the sheet for the portal.

import { api, clearProblem, el, fill, momentOf, page, Refusal, showProblem, text, textOrNull } from "./page.js";
import { nameOf, previewPart } from "./template_preview.js";
import { withProgress } from "./progress.js";
import { sure } from "./sure.js";

const LARGEST_BYTES = 512 * 1024;
const $ = (id) => document.getElementById(id);

let me = null;
let open = null; // the id of the template in the card
let found = null; // what the API told last

export const inMyLanguage = (words) => words[page.language] ?? words.en ?? Object.values(words)[0] ?? "";
const mayRegister = () => me.role === "admin";
const languageOf = (language) => textOrNull(`language.${language}`) ?? language;

export function enterTemplates(who, name) {
  const before = open;
  me = who;
  open = name || null;
  $("templates").classList.toggle("picked", open !== null);
  $("template").hidden = !open;
  $("sheet-take").hidden = !mayRegister();
  if (found && open !== before) show();
  else refresh();
}

export function leaveTemplates() {
  me = open = found = null;
  for (const id of ["templates-list", "template"]) $(id).replaceChildren();
  $("sheet-result").hidden = true;
}

async function refresh() {
  try {
    const answer = await withProgress($("templates-list"), api("GET", "/templates"), found !== null);
    if (!me) return;
    found = answer;
    clearProblem($("templates-problem"));
    show();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== 401 && me) showProblem($("templates-problem"), error);
  }
}

// --- the list ---

function show() {
  const { templates, dlt_required, header, entity_id } = found;
  const newest = templates.filter((template) => template.sent === "now").flatMap((template) => newestOf(template.wordings));
  const missing = newest.filter((wording) => !wording.registration).length;
  $("templates-state").replaceChildren(
    el("p", { class: dlt_required && missing ? "warn" : "note" }, !dlt_required ? text("templates.not_required") : missing ? text("templates.missing", { n: missing, all: newest.length }) : text("templates.complete", { all: newest.length })),
    el("p", { class: "sub" }, `${text("sms.header")}: ${header || text("sms.none")} · ${text("sms.entity")}: ${entity_id || text("sms.none")}`));
  fill($("templates-list"), templates.map(row));
  const template = templates.find((each) => each.id === open);
  if (template) showTemplate(template);
  else if (open) $("template").replaceChildren(el("p", { class: "note" }, text("problem.not_found")));
}

/** The newest version of each language. */
const newestOf = (wordings) => wordings.filter((one) => !wordings.some((other) => other.language === one.language && other.version > one.version));

/** Of a whole template: its colour and its words. */
function standing(template) {
  const newest = newestOf(template.wordings);
  if (newest.some((each) => each.state === "differs")) return ["trouble", "templates.differs_short"];
  if (template.sent === "later") return [null, "templates.later"];
  const waits = newest.filter((each) => each.state === "to_be_registered");
  if (waits.some((each) => !template.wordings.some((other) => other.language === each.language && other.state === "being_sent"))) return ["trouble", "templates.unregistered_short"];
  if (waits.length) return ["waiting", "templates.waits_short"];
  return ["yes", "templates.state.being_sent"];
}

function row(template) {
  const [colour, words] = standing(template);
  const parts = newestOf(template.wordings).map((each) => `${languageOf(each.language)}: ${text("messages.parts", { n: each.parts })}`);
  return el("li", { class: "row" },
    el("a", { class: "open", href: `#templates/${template.id}`, "data-key": `template-${template.id}`, "aria-current": template.id === open ? "true" : null },
      el("span", { class: "badge", "data-taken": colour }, text(words)),
      el("span", { class: "main" }, inMyLanguage(template.used_for) || template.id),
      el("span", { class: "sub" }, [template.id, ...parts].join(" · "))));
}

// --- one template ---

function showTemplate(template) {
  const card = $("template");
  card.hidden = false;
  card.replaceChildren(
    el("a", { class: "to-list", href: "#templates" }, `← ${text("templates.all")}`),
    el("h2", {}, inMyLanguage(template.used_for) || template.id),
    el("p", { class: "sub" }, `${template.id} · ${template.category_name} (-${template.suffix})`),
    template.sent === "later" ? el("p", { class: "note" }, text("templates.later_note")) : "",
    previewPart(template, me),
    el("h3", { class: "between" }, text("templates.wordings")),
    ...newestFirst(template.wordings).map((wording) => wordingPart(template, wording)));
  window.scrollTo({ top: 0 });
  card.focus({ preventScroll: true });
}

const newestFirst = (wordings) => [...wordings].sort((one, other) => (one.language === other.language ? other.version - one.version : one.language === page.language ? -1 : 1));
const COLOURS = { being_sent: "yes", to_be_registered: "waiting", differs: "trouble" };

/** The text with its places marked, so that they are told from what stands there for everybody. */
const withPlaces = (words) => words.split(/(\{#\w+#\})/).map((part, n) => (n % 2 ? el("mark", {}, nameOf(part.slice(2, -2))) : part));

function wordingPart(template, wording) {
  const { registration } = wording;
  return el("section", { class: "wording" },
    el("p", { class: "version-head" }, el("strong", {}, languageOf(wording.language)), el("span", { class: "count" }, text("flows.version", { version: wording.version })),
      found.dlt_required || wording.state !== "being_sent" ? el("span", { class: "badge", "data-taken": COLOURS[wording.state] }, text(`templates.state.${wording.state}`)) : ""),
    el("p", { class: "bubble", lang: wording.language }, withPlaces(wording.text)),
    el("p", { class: "sub" }, [text("messages.parts", { n: wording.parts }), text(`encoding.${wording.encoding}`), wording.parts_at_most > wording.parts ? text("templates.at_most", { n: wording.parts_at_most }) : null].filter(Boolean).join(" · ")),
    wording.difference ? el("div", { class: "problem", role: "alert" }, el("p", {}, text("templates.differs")), el("p", { class: "sub", lang: "en" }, wording.difference)) : null,
    registration ? el("p", { class: "sub" }, text("templates.registered", { id: registration.dlt_template_id, time: momentOf(registration.registered_at) }), registration.header ? ` · ${text("sms.header")}: ${registration.header}` : "", registration.registered_by ? ` · ${registration.registered_by}` : "") : null,
    el("details", {}, el("summary", {}, text(mayRegister() ? "templates.register" : "templates.for_portal")),
      el("p", { class: "note" }, text("templates.for_portal_note")),
      el("pre", { class: "code wrap", tabindex: "0", lang: wording.language }, wording.registered_text),
      mayRegister() ? registerForm(template, wording) : null));
}

function registerForm(template, wording) {
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const field = (name, attributes, tag = "input") => el("label", {}, text(`templates.${name}`), el(tag, { name, "data-field": name, autocomplete: "off", ...attributes }));
  const path = `/templates/${template.id}/registrations/${wording.language}/${wording.version}`;
  const takeBack = async () => {
    if (!(await sure(text("templates.withdraw_title"), text("templates.withdraw_sure")))) return;
    try {
      await api("DELETE", path);
      await refresh();
      done(text("templates.withdrawn"));
    } catch (error) {
      showProblem(box, error);
    }
  };
  const form = el("form", { class: "paper", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    clearProblem(box, form);
    const { dlt_template_id, header, registered_text } = form.elements;
    const values = { dlt_template_id: dlt_template_id.value.trim(), header: header.value.trim() };
    if (registered_text.value) values.registered_text = registered_text.value;
    try {
      await api("PUT", path, values);
      await refresh();
      done(text("templates.entered_one"));
    } catch (error) {
      showProblem(box, error, form);
    }
  } }, field("dlt_template_id", { inputmode: "numeric", maxlength: 40, value: wording.registration?.dlt_template_id ?? "" }),
    field("header", { maxlength: 20, value: wording.registration?.header ?? "", autocapitalize: "characters", spellcheck: "false" }),
    field("registered_text", { rows: 4, maxlength: 2000 }, "textarea"),
    el("p", { class: "note" }, text("templates.registered_text_note")),
    box, el("p", { class: "actions" }, el("button", { type: "submit" }, text("templates.enter")),
      wording.registration ? el("button", { type: "button", class: "quiet", onclick: takeBack }, text("templates.withdraw")) : null));
  return form;
}

function done(words) {
  const note = el("p", { class: "done", role: "status" }, words);
  $("template").querySelector("h2")?.after(note);
  note.scrollIntoView({ block: "nearest" });
}

// --- the sheet for the portal, and back ---

$("sheet-file").addEventListener("change", async () => {
  const [file] = $("sheet-file").files;
  const box = $("sheet-result");
  if (!file) return;
  box.hidden = false;
  box.className = "";
  try {
    if (file.size > LARGEST_BYTES) throw new Refusal(413, { type: "too_large", detail: "" });
    const taken = await withProgress(box, api("POST", "/templates/sheet", new Blob([file], { type: "text/csv" })));
    await refresh();
    sheetTaken(box, taken);
  } catch (error) {
    box.className = "problem";
    showProblem(box, error);
    if (error.kind === "invalid") box.replaceChildren(el("p", {}, text("templates.no_sheet")), el("p", { class: "sub", lang: "en" }, error.message));
  }
  $("sheet-file").value = "";
});

function sheetTaken(box, taken) {
  const summary = text("templates.taken", { entered: taken.entered.length, unchanged: taken.unchanged, waiting: taken.waiting });
  box.replaceChildren(el("p", { class: taken.faults.length ? "warn" : "done", role: "status" }, summary),
    taken.faults.length ? el("div", { class: "problem", role: "alert" }, el("strong", {}, text("templates.faults", { n: taken.faults.length })),
      el("ul", {}, taken.faults.map((fault) => el("li", {}, el("strong", {}, text("flows.line", { n: fault.line })), " ", el("span", { lang: "en" }, fault.what))))) : "");
}
