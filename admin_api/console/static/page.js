// What every part of the console needs: its words, the API, and the making of elements.

export const page = JSON.parse(document.getElementById("page").textContent);

/** A text of the catalogue, with {names} filled in; null where there is none. */
export function textOrNull(id, values = {}) {
  const text = page.texts[id];
  return text === undefined ? null : text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

export const text = (id, values) => textOrNull(id, values) ?? id;

/** An element. Values are set as text and attributes only, never as HTML: names come from the telephone. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Put new children into a container; the focus stays on the element of the same data-key. */
export function fill(container, children) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  container.replaceChildren(...children);
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail);
    this.status = status;
    this.kind = (problem.type ?? "").split(":").pop() || "broken";
    this.field = problem.field ?? null;
    this.errors = problem.errors ?? [];
    this.wait = problem.wait;
  }
}

/** Ask the API; a Blob is sent as it is, anything else as JSON. A Refusal for what it refuses; status 0 where it could not be reached. */
export async function api(method, path, body) {
  const headers = { [page.consoleHeader]: "1", "Accept-Language": page.language };
  const isFile = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = isFile ? body.type : "application/json";
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method, headers, credentials: "same-origin", cache: "no-store",
      body: body === undefined || isFile ? body : JSON.stringify(body), signal: AbortSignal.timeout(10000),
    });
  } catch {
    throw new Refusal(0, { type: "connection", detail: text("problem.connection") });
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refusal(response.status, { ...answer, wait: response.headers.get("Retry-After") });
}

/** Why something was not done, in the reader's language: one sentence for each thing that is wrong. */
export function reasons(refusal) {
  if (refusal.kind === "refused") {
    if (refusal.field === "patient") return [text("slip.needs_patient")];
    if (refusal.errors.length) return refusal.errors.map((error) => error.detail);
    return [textOrNull(`refused.${refusal.field}`), refusal.message].filter(Boolean);
  }
  if (refusal.kind === "invalid") {
    const fields = refusal.errors.length ? refusal.errors.map((error) => error.field) : [refusal.field];
    return [...new Set(fields.map((field) => textOrNull(`invalid.${lastName(field)}`) ?? textOrNull(`invalid.${firstName(field)}`) ?? text("problem.invalid")))];
  }
  if (refusal.kind === "conflict" && refusal.field) return [textOrNull(`conflict.${refusal.field}`) ?? text("problem.conflict")];
  return [textOrNull(`problem.${refusal.kind}`, { n: refusal.wait }) ?? refusal.message];
}

const firstName = (field) => (field ?? "").split(".")[0];
const lastName = (field) => (field ?? "").split(".").filter((part) => !/^\d+$/.test(part)).pop() ?? "";

/** Show a refusal in a box and mark the field it is about. */
export function showProblem(box, error, form = null) {
  if (!(error instanceof Refusal)) throw error;
  box.replaceChildren(
    el("strong", {}, text("problem.title")),
    el("ul", {}, reasons(error).map((reason) => el("li", {}, reason))),
  );
  box.hidden = false;
  const wrong = form && error.field ? form.querySelector(`[data-field="${CSS.escape(error.field)}"]`) : null;
  if (wrong) {
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
  } else box.scrollIntoView({ block: "nearest" });
}

export function clearProblem(box, form = null) {
  box.hidden = true;
  form?.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

let offset = 0; // milliseconds by which the server's clock is ahead of this one
export const setServerTime = (iso) => { offset = Date.parse(iso) - Date.now(); };
export const serverNow = () => Date.now() + offset;

const locale = page.language === "hi" ? "hi-IN-u-nu-latn" : "en-IN";
const clock = new Intl.DateTimeFormat(locale, { timeZone: page.timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(locale, { timeZone: page.timeZone, day: "numeric", month: "short" });

export const timeOf = (iso) => clock.format(new Date(iso));
/** The time, and the day too where it was not today. */
export function momentOf(iso) {
  const then = new Date(iso);
  return day.format(then) === day.format(new Date(serverNow())) ? clock.format(then) : `${day.format(then)}, ${clock.format(then)}`;
}

const hour = new Intl.DateTimeFormat(locale, { timeZone: page.timeZone, hour: "2-digit", minute: "2-digit", hour12: false });
/** As momentOf, to the minute: of what is agreed or expected. */
export function whenOf(iso) {
  const then = new Date(iso);
  return day.format(then) === day.format(new Date(serverNow())) ? hour.format(then) : `${day.format(then)}, ${hour.format(then)}`;
}

/** 75000 ms as 1:15. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export const ageOf = (value, unit) => (value === null ? text("age.unknown") : text(`age.${unit}`, { n: value }));
export const categoryOf = (category) => (category ? (textOrNull(`category.${category}`) ?? category) : text("category.none"));
export const numberOf = (number, role) => number ?? text(role === "doctor" ? "calls.number_hidden" : "calls.withheld");
