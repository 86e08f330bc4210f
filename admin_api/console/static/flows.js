// The voice menus: which version is heard, trying a text, keeping it, activating it, going back.

import { api, clearProblem, el, fill, momentOf, page, Refusal, showProblem, text } from "./page.js";
import { sure as ask } from "./sure.js";

const POLL_MS = 2000;
const LARGEST_BYTES = 256 * 1024;
const $ = (id) => document.getElementById(id);

let me = null;
let timer = 0;
let flows = [];
let drawn = ""; // what the lists show, as JSON
let open = null; // the open flow: its name, the parts of its card, and what they show

export function enterFlows(who, name) {
  me = who;
  drawn = "";
  if (open?.name !== name) open = name ? { name, fresh: true } : null;
  $("flow").hidden = !open;
  $("flows").classList.toggle("picked", open !== null);
  refresh();
}

export function leaveFlows() {
  clearTimeout(timer);
  me = open = null;
  flows = [];
  $("flow").hidden = true;
  $("flow").replaceChildren();
  for (const id of ["flows-list", "parts-list"]) $(id).replaceChildren();
}

const mayChange = () => me.role === "admin";
const titleOf = (flow) => flow.title[page.language] ?? flow.title.en ?? flow.name;

async function refresh() {
  clearTimeout(timer);
  if (!me || $("flows").hidden) return;
  try {
    flows = (await api("GET", "/flows")).flows;
    clearProblem($("flows-problem"));
    if (me) show();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== 401) showProblem($("flows-problem"), error);
  }
  if (me) timer = setTimeout(refresh, POLL_MS);
}

function show() {
  const json = JSON.stringify([flows, open?.name]);
  if (json !== drawn) {
    drawn = json;
    list($("flows-list"), flows.filter((flow) => !flow.is_part), "flows.empty");
    list($("parts-list"), flows.filter((flow) => flow.is_part), "flows.no_parts");
  }
  const flow = flows.find((each) => each.name === open?.name);
  if (flow) showFlow(flow);
}

// --- the list ---

function list(container, some, empty) {
  fill(container, some.length ? some.map(row) : [el("li", { class: "empty" }, text(empty))]);
}

function row(flow) {
  const { active } = flow;
  return el("li", { class: "row" },
    el("a", { class: "open", href: `#flows/${flow.name}`, "data-key": `flow-${flow.name}`, "aria-current": flow.name === open?.name ? "true" : null },
      el("span", { class: "badge", "data-taken": stateOf(active) }, text(shortState(flow))),
      el("span", { class: "main" }, titleOf(flow)),
      el("span", { class: "sub" }, [flow.name, since(active), flow.faults ? text("flows.faults", { n: flow.faults }) : null].filter(Boolean).join(" · "))));
}

const stateOf = (version) => (version.trouble ? "trouble" : version.taken_up_at ? "yes" : "waiting");
const shortState = (flow) => (stateOf(flow.active) === "yes" ? `origin.${flow.active.origin}` : stateOf(flow.active) === "waiting" ? "flows.waiting_short" : "flows.trouble_short");
const since = (version) => text("flows.since", { version: version.version, time: momentOf(version.activated_at) });

// --- one flow ---

function showFlow(flow) {
  const card = $("flow");
  if (open.fresh) {
    open = { name: flow.name, head: el("div", { class: "flow-head" }), editor: el("div", {}), versions: el("div", {}), shown: "" };
    card.replaceChildren(open.head, open.editor, open.versions);
    card.hidden = false;
    window.scrollTo({ top: 0 });
    card.focus({ preventScroll: true });
  }
  const json = JSON.stringify(flow);
  if (json === open.shown) return;
  open.shown = json;
  fill(open.head, head(flow));
  showVersions(flow);
}

function head(flow) {
  const { active } = flow;
  const state = stateOf(active);
  return [
    el("a", { class: "to-list", href: "#flows" }, `← ${text("flows.all")}`),
    el("h2", {}, titleOf(flow), " ", el("code", { class: "count" }, flow.name)),
    el("p", {}, since(active), active.activated_by ? ` ${text("flows.by", { name: active.activated_by })}` : "", " ",
      state === "trouble" ? "" : el("span", { class: "badge", "data-taken": state }, text(state === "yes" ? "flows.taken_up" : "flows.waiting"))),
    state === "trouble" ? el("div", { class: "problem", role: "alert" }, el("p", {}, text("flows.trouble")), el("pre", { class: "trouble" }, active.trouble)) : null,
    flow.used_by.length ? el("p", { class: "note" }, text("flows.used_by", { names: namesOf(flow.used_by) })) : null,
    flow.newer_shipped ? el("p", { class: "warn" }, text("flows.newer", { version: flow.newer_shipped })) : null,
    el("div", { class: "problem", role: "alert", hidden: true }),
    el("p", { class: "done", role: "status", hidden: true }),
    el("p", { class: "actions" },
      el("button", { type: "button", "data-key": "edit", onclick: () => edit(flow) }, text(mayChange() ? "flows.edit" : "flows.try")),
      mayChange() && flow.versions > 1 ? el("button", { type: "button", class: "quiet", "data-key": "back", onclick: () => goBack(flow) }, text("flows.back")) : null),
  ].filter(Boolean);
}

const namesOf = (names) => names.map((name) => titleOf(flows.find((flow) => flow.name === name) ?? { name, title: {} })).join(", ");

// --- changing what is heard ---

async function goBack(flow) {
  if (await sure(text("flows.back_title", { name: titleOf(flow) }), flow)) await change(`/flows/${flow.name}/rollback`);
}

async function activate(flow, version) {
  if (await sure(text("flows.sure_title", { name: titleOf(flow), version }), flow)) await change(`/flows/${flow.name}/versions/${version}/activate`);
}

const sure = (title, flow) => ask(title, flow.used_by.length ? text("flows.sure_part", { names: namesOf(flow.used_by) }) : text("flows.sure"));

async function change(path) {
  const card = open;
  try {
    const done = await api("POST", path, {});
    await refresh();
    if (card !== open) return;
    const box = card.head.querySelector(".done");
    box.textContent = [text("flows.done", { version: done.active.version }), done.made_anew.length ? text("flows.done_too", { names: namesOf(done.made_anew) }) : ""].join(" ").trim();
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  } catch (error) {
    showRefusal(card.head.querySelector(".problem"), error);
  }
}

function showRefusal(box, error) {
  showProblem(box, error);
  if (error.kind === "broken_flow") box.append(faultList(error.errors.map((each) => ({ ...each, what: each.detail, severity: each.kind }))));
}

// --- versions ---

async function showVersions(flow) {
  const card = open;
  const { versions } = await api("GET", `/flows/${flow.name}/versions`).catch(() => ({ versions: [] }));
  if (card !== open) return;
  const opened = card.version;
  fill(card.versions, [
    el("h3", { class: "between" }, text("flows.versions")),
    el("ul", { class: "rows" }, versions.map((version, place) => versionRow(flow, version, place < versions.findIndex((each) => each.active)))),
  ]);
  const again = opened && versions.find((version) => version.version === opened);
  if (again) await toggle(flow, again);
}

function versionRow(flow, version, isNewer) {
  const facts = [momentOf(version.created_at), version.author ? text("flows.by", { name: version.author }) : null, version.note || null];
  return el("li", { class: "version", id: `version-${version.version}` },
    el("p", { class: "version-head" },
      el("code", {}, version.version),
      version.active ? el("span", { class: "badge", "data-taken": "yes" }, text("flows.active")) : null,
      el("span", { class: "badge" }, text(`origin.${version.origin}`)),
      version.shipped && version.origin !== "file" ? el("span", { class: "badge" }, text("flows.shipped")) : null),
    el("p", { class: "sub" }, facts.filter(Boolean).join(" · ")),
    version.trouble && !version.active ? el("p", { class: "sub bad" }, text("flows.trouble"), " ", version.trouble) : null,
    el("p", { class: "actions" },
      el("button", { type: "button", class: "quiet", "data-key": `show-${version.version}`, "aria-expanded": "false", "aria-label": `${text("flows.show")}: ${text("flows.version", { version: version.version })}`, onclick: () => toggle(flow, version) }, text("flows.show")),
      mayChange() && !version.active ? el("button", { type: "button", class: isNewer ? null : "quiet", "data-key": `activate-${version.version}`, onclick: () => activate(flow, version.version) }, text("flows.activate")) : null),
    el("div", { class: "inside", hidden: true }));
}

async function toggle(flow, version) {
  const item = document.getElementById(`version-${version.version}`);
  const [box, button] = [item.querySelector(".inside"), item.querySelector("[aria-expanded]")];
  const opening = box.hidden;
  open.version = opening ? version.version : null;
  button.setAttribute("aria-expanded", String(opening));
  button.textContent = text(opening ? "flows.hide" : "flows.show");
  box.hidden = !opening;
  if (!opening) return;
  try {
    const detail = await api("GET", `/flows/${flow.name}/versions/${version.version}`);
    box.replaceChildren(...inside(detail));
  } catch (error) {
    const problem = el("div", { class: "problem", role: "alert" });
    box.replaceChildren(problem);
    showProblem(problem, error);
  }
}

function inside(detail) {
  const old = detail.parts.filter((part) => !part.same_as_active).map((part) => part.name);
  return [
    old.length ? el("p", { class: "warn" }, text("flows.frozen", { names: namesOf(old) })) : null,
    detail.faults.length ? judged(detail.faults) : null,
    detail.active ? null : section("flows.changes", true, detail.changes.length ? diff(detail.changes) : el("p", { class: "note" }, text("flows.no_changes"))),
    section("flows.drawing", false, el("p", { class: "note" }, text("detail.loading")), (body) => body.replaceChildren(...drawing(detail))),
    section("flows.text", detail.active, code(detail.text)),
  ].filter(Boolean);
}

function section(title, isOpen, body, atFirst = null) {
  const holder = el("div", {}, body);
  let waits = atFirst !== null;
  return el("details", { open: isOpen, ontoggle: () => { if (waits) { waits = false; atFirst(holder); } } }, el("summary", {}, text(title)), holder);
}

function drawing(detail) {
  const address = `/api/v1/flows/${detail.name}/versions/${detail.version}/drawing?language=${page.language}`;
  const link = el("a", { href: address, target: "_blank", rel: "noopener" }, text("flows.drawing_open"));
  const none = el("p", { class: "note", hidden: true }, text("flows.no_drawing"));
  const image = el("img", { src: address, alt: text("flows.drawing_of", { name: detail.name }), onerror: () => { image.hidden = link.hidden = true; none.hidden = false; } });
  return [el("p", {}, link), el("div", { class: "drawing", tabindex: "0" }, image), none];
}

const code = (words) => el("pre", { class: "code numbered", tabindex: "0" }, words.replace(/\n$/, "").split("\n").map((line) => el("span", {}, `${line}\n`)));

const diff = (lines) => el("pre", { class: "code", tabindex: "0" }, lines.slice(2).map((line) =>
  el("span", { "data-change": line[0] === "+" ? "new" : line[0] === "-" ? "old" : line[0] === "@" ? "place" : null }, `${line}\n`)));

// --- trying a text, and keeping it ---

async function edit(flow) {
  const card = open;
  if (card.editor.childElementCount) return card.editor.querySelector("textarea").focus();
  const active = await api("GET", `/flows/${flow.name}/versions/${flow.active.version}`);
  if (card !== open) return;
  const area = el("textarea", { name: "text", "data-field": "text", rows: 18, spellcheck: "false", autocapitalize: "none", class: "code", wrap: "off" });
  area.value = active.text;
  const file = el("input", { type: "file", accept: ".yaml,.yml,text/plain", onchange: async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    area.value = chosen.size > LARGEST_BYTES ? area.value : await chosen.text();
    if (chosen.size > LARGEST_BYTES) showProblem(box, new Refusal(422, { type: "invalid", field: "text", detail: "" }));
    else judge();
  } });
  const note = el("input", { name: "note", "data-field": "note", maxlength: 200, autocomplete: "off" });
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const verdict = el("div", { class: "verdict", role: "status" });

  const act = async (deed) => {
    clearProblem(box, form);
    try {
      await deed();
    } catch (error) {
      verdict.replaceChildren();
      if (error.kind === "broken_flow") verdict.replaceChildren(judged(error.errors.map((each) => ({ ...each, what: each.detail, severity: each.kind })), area, flow.name));
      else showProblem(box, error, form);
    }
  };
  const judge = () => act(async () => {
    const answer = await api("POST", "/flows/validate", { name: flow.name, text: area.value });
    verdict.replaceChildren(judged(answer.faults, area, flow.name),
      section("flows.changes", true, answer.changes.length ? diff(answer.changes) : el("p", { class: "note" }, text("flows.no_changes"))));
  });
  const keep = () => act(async () => {
    const kept = await api("POST", `/flows/${flow.name}/versions`, { text: area.value, note: note.value });
    card.editor.replaceChildren();
    card.version = kept.version;
    card.shown = "";
    await refresh();
    const done = card.head.querySelector(".done");
    done.textContent = text("flows.uploaded", { version: kept.version });
    done.hidden = false;
    document.getElementById(`version-${kept.version}`)?.scrollIntoView({ block: "nearest" });
  });
  const form = el("form", { class: "paper", novalidate: true, onsubmit: (event) => { event.preventDefault(); (mayChange() ? keep : judge)(); } },
    el("label", {}, text("flows.your_text"), area),
    el("label", {}, text("flows.file"), file),
    mayChange() ? el("label", {}, text("flows.your_note"), note) : null,
    box, verdict,
    el("p", { class: "actions" },
      el("button", { type: "button", class: mayChange() ? "quiet" : null, onclick: judge }, text("flows.check")),
      mayChange() ? el("button", { type: "submit" }, text("flows.upload")) : null,
      el("button", { type: "button", class: "quiet", onclick: () => card.editor.replaceChildren() }, text("flows.hide"))));
  card.editor.replaceChildren(form);
  area.focus();
  area.setSelectionRange(0, 0);
}

function judged(faults, area = null, name = "") {
  const errors = faults.filter((fault) => fault.severity === "error").length;
  const words = errors ? text("flows.errors", { n: errors }) : faults.length ? text("flows.warnings", { n: faults.length }) : text("flows.no_faults");
  return el("div", { class: errors ? "problem" : faults.length ? "warn" : "done" }, el("strong", {}, words), faults.length ? faultList(faults, area, name) : "");
}

function faultList(faults, area = null, name = "") {
  return el("ul", { class: "faults" }, faults.map((fault) => {
    const mine = area && fault.line && fault.source === `${name}.yaml`;
    const place = `${area && fault.source === `${name}.yaml` ? "" : `${fault.source} `}${fault.line ? text("flows.line", { n: fault.line }) : ""}`.trim();
    return el("li", { "data-severity": fault.severity },
      mine ? el("button", { type: "button", class: "quiet place", onclick: () => goTo(area, fault.line) }, place) : el("span", { class: "place" }, place),
      " ", fault.node ? el("code", {}, fault.node) : "", " ", fault.what, fault.advice ? el("span", { class: "sub" }, fault.advice) : "");
  }));
}

function goTo(area, line) {
  const before = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const end = area.value.indexOf("\n", before);
  area.focus();
  area.setSelectionRange(before, end < 0 ? area.value.length : end);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 4) * height);
}
