// A wording filled in as one types: what would go out, in how many parts, or why it would be refused; and a trial.

import { api, clearProblem, el, page, Refusal, showProblem, text, textOrNull } from "./page.js";
import { openMessage } from "./message_drawer.js";
import { withProgress } from "./progress.js";

const PAUSE_MS = 250;

export const nameOf = (variable) => textOrNull(`variable.${variable}`) ?? variable;

export function previewPart(template, me) {
  const languages = [...new Set(template.wordings.map((each) => each.language))];
  const language = el("select", { name: "language" }, languages.map((each) => el("option", { value: each, selected: each === page.language }, textOrNull(`language.${each}`) ?? each)));
  const values = el("div", { class: "pairs" });
  const shown = el("div", { class: "verdict", "aria-live": "polite" });
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  let asked = 0;
  let timer = 0;

  // What stands there as a sample is left to the server, which knows better what time it is.
  const filledIn = () => Object.fromEntries([...values.querySelectorAll("[name]")].filter((field) => field.value !== field.dataset.sample).map((field) => [field.name, field.value]));
  const look = async () => {
    const mine = (asked += 1);
    try {
      const preview = await withProgress(shown, api("POST", `/templates/${template.id}/preview`, { language: language.value, values: filledIn() }), true);
      if (mine !== asked) return;
      clearProblem(box);
      shown.replaceChildren(...verdict(preview, language.value));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mine === asked) showProblem(box, error);
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); };
  const fields = () => values.replaceChildren(...template.variables.map((variable) => valueField(variable, language.value)));
  language.addEventListener("change", () => { fields(); look(); });
  values.addEventListener("input", soon);
  fields();
  look();
  return el("section", { class: "paper preview" }, el("h3", {}, text("templates.preview")),
    el("label", {}, text("sms.language"), language), values, box, shown,
    me.role === "admin" ? trial(template, me, () => ({ language: language.value, values: filledIn() })) : null);
}

function valueField(variable, language) {
  const keys = Object.keys(variable.words);
  const sample = variable.sample[language] ?? variable.sample.en ?? Object.values(variable.sample)[0] ?? "";
  const input = keys.length
    ? el("select", { name: variable.name }, keys.map((key) => el("option", { value: key }, variable.words[key][language] ?? key)))
    : el("input", { name: variable.name, value: sample, "data-sample": sample, maxlength: 400, autocomplete: "off", "data-key": `value-${variable.name}` });
  return el("label", {}, nameOf(variable.name), variable.shorten ? el("span", { class: "count" }, ` · ${text("templates.is_cut")}`) : "", input);
}

function verdict(preview, language) {
  const { refusal } = preview;
  const size = preview.parts ? [text("messages.parts", { n: preview.parts }), text(`encoding.${preview.encoding}`), text("templates.letters", { n: [...preview.text].length })].join(" · ") : null;
  return [
    refusal ? el("div", { class: "problem", role: "alert" }, el("strong", {}, text("templates.refused", { why: refusal.words[page.language] ?? refusal.reason })), el("p", { class: "sub", lang: "en" }, refusal.detail)) : null,
    preview.text ? el("p", { class: "bubble parts", lang: language }, preview.part_texts.map((part, n) => el("span", { "data-part": String(n % 2) }, part))) : null,
    size ? el("p", { class: "sub size" }, size) : null,
    preview.spoken ? el("details", {}, el("summary", {}, text("templates.spoken")), el("p", { class: "lines", lang: language }, preview.spoken)) : null,
  ].filter(Boolean);
}

function trial(template, me, wish) {
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const result = el("p", { class: "done", role: "status", hidden: true });
  const button = el("button", { type: "submit" }, text("templates.try"));
  const form = el("form", { class: "pausing", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    clearProblem(box, form);
    result.hidden = true;
    button.disabled = true;
    try {
      const sent = await api("POST", `/templates/${template.id}/test`, { mobile: form.elements.mobile.value.trim(), ...wish() });
      if (sent.refusal) {
        box.replaceChildren(el("strong", {}, text("templates.refused", { why: sent.refusal.words[page.language] ?? sent.refusal.reason })), el("p", { class: "sub", lang: "en" }, sent.refusal.detail));
        box.hidden = false;
      } else {
        result.replaceChildren(text("templates.tried"), " ", el("button", { type: "button", class: "quiet", onclick: () => openMessage(sent.message_id, me, () => {}) }, text("templates.follow")));
        result.hidden = false;
      }
    } catch (error) {
      showProblem(box, error, form);
    } finally {
      button.disabled = false;
    }
  } }, el("label", {}, text("templates.mobile"), el("input", { name: "mobile", "data-field": "mobile", inputmode: "tel", maxlength: 40, autocomplete: "off" })), button);
  return el("div", { class: "trial" }, form, box, result);
}
