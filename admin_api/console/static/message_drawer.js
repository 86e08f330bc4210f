// One message: its text as it was sent, its story, what the operators were told of it, and what only a person decides.

import { api, clearProblem, el, momentOf, page, showProblem, text, textOrNull, timeOf } from "./page.js";
import { openCall, openDrawer } from "./drawer.js";
import { gatewayOf } from "./lights.js";
import { makeOf, purposeOf, rupees, stateOf, toWhom, whyOf } from "./message_words.js";
import { withProgress } from "./progress.js";
import { sure } from "./sure.js";

const ON_THEIR_WAY = ["queued", "sending", "doubt", "sent"];
let me = null;
let afterChange = () => {};
let open = null; // the message in the drawer

export async function openMessage(id, who, whenChanged) {
  me = who;
  afterChange = whenChanged;
  const body = openDrawer("sms.title");
  open = null;
  try {
    show(body, await withProgress(body, api("GET", `/messages/${id}`)));
  } catch (error) {
    const box = el("div", { class: "problem", role: "alert" });
    body.replaceChildren(box);
    showProblem(box, error);
  }
}

/** Something happened to a message: if it may be the one that is shown, it is shown as it is now. */
export async function messageMayHaveChanged() {
  const card = document.getElementById("message-card");
  if (!card || !open || !ON_THEIR_WAY.includes(open.state)) return;
  const now = await api("GET", `/messages/${open.id}`).catch(() => null);
  if (!now || !card.isConnected || JSON.stringify(now) === JSON.stringify(open)) return;
  const unfolded = card.querySelector("details")?.open;
  show(card.parentElement, now);
  const details = document.querySelector("#message-card details");
  if (details && unfolded) details.open = true;
}

function show(body, message, done = null) {
  open = message;
  body.replaceChildren(el("div", { id: "message-card" }, ...[
    done ? el("p", { class: "done", role: "status" }, text(done)) : null,
    standing(message), decision(body, message), said(message), facts(message), story(message), register(message),
  ].filter(Boolean)));
}

function standing(message) {
  const why = whyOf(message);
  return el("section", { class: "standing" },
    el("p", {}, el("span", { class: "badge", "data-sms": message.state }, stateOf(message))),
    why ? el("p", { class: "why-not" }, why) : null,
    message.error && message.error !== why ? el("p", { class: "sub", lang: "en" }, message.error) : null);
}

function said(message) {
  const words = message.spoken ?? message.text;
  return el("section", {}, el("h3", {}, text(message.channel === "voice" ? "sms.as_spoken" : "sms.as_sent")),
    words ? el("p", { class: "bubble", lang: message.language }, words) : el("p", { class: "note" }, text("sms.no_text")));
}

const list = (rows) => el("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([id, value]) => el("div", {}, el("dt", {}, text(id)), el("dd", {}, value))));

function facts(message) {
  const price = message.channel !== "sms" || !message.sent_at ? null : message.price_millirupees === null ? text("sms.price_unknown") : rupees(message.price_millirupees);
  return el("section", {}, list([
    ["sms.to", toWhom(message, me.role)],
    ["sms.purpose", purposeOf(message.purpose)],
    ["sms.language", textOrNull(`language.${message.language}`) ?? message.language],
    ["sms.size", makeOf(message)],
    ["sms.price", price],
    ["sms.tries", message.attempts > 1 ? String(message.attempts) : null],
    ["sms.asked_by", message.asked_by],
    ["sms.expires", message.expires_at && momentOf(message.expires_at)],
  ]), message.call_id ? el("p", { class: "actions" }, el("button", { type: "button", class: "quiet", onclick: () => openCall(message.call_id, me) }, text("sms.call"))) : null);
}

function story(message) {
  const lines = [{ at: message.created_at, words: text("sms.event.promised"), detail: "" }, ...message.history.map((event) => ({
    at: event.at, words: textOrNull(`sms.event.${event.kind}`) ?? event.kind,
    detail: [event.gateway && !event.detail.startsWith(gatewayOf(event.gateway)) && gatewayOf(event.gateway), event.result && (textOrNull(`receipt.${event.result}`) ?? event.result), event.reason?.[page.language], event.kind === "resent" ? "" : event.detail].filter(Boolean).join(" · "),
  }))];
  return el("section", {}, el("h3", {}, text("sms.story")), el("ol", { class: "journal" }, lines.map((line) =>
    el("li", {}, el("time", { datetime: line.at }, timeOf(line.at)), el("span", {}, line.words), line.detail ? el("span", { class: "sub" }, line.detail) : null))));
}

function register(message) {
  if (message.channel !== "sms") return null;
  return el("details", {}, el("summary", {}, text("sms.register")), list([
    ["sms.template", text("sms.template_version", { template: message.template, version: message.template_version })],
    ["sms.dlt_template", message.dlt_template_id || text("sms.none")],
    ["sms.header", message.header || text("sms.none")],
    ["sms.entity", message.entity_id || text("sms.none")],
    ["sms.category", textOrNull(`dlt.${message.category}`) ?? message.category],
    ["sms.provider_id", message.provider_id],
    ["sms.own_id", message.id],
  ]));
}

// --- what only a person decides ---

function decision(body, message) {
  if (!message.may_resend && !message.may_leave) return null;
  const box = el("div", { class: "problem", role: "alert", hidden: true });
  const doubtful = message.state === "unknown";
  const act = async (title, words, path, values, done) => {
    if (!(await sure(text(title), words))) return;
    clearProblem(box);
    try {
      show(body, await api("POST", `/messages/${message.id}/${path}`, values), done);
      afterChange();
    } catch (error) {
      showProblem(box, error);
    }
  };
  const number = toWhom(message, me.role);
  return el("section", {},
    doubtful ? el("p", { class: "warn" }, text("sms.decide")) : null, box,
    el("p", { class: "actions" },
      el("button", { type: "button", onclick: () => act("sms.resend_title", text(doubtful ? "sms.resend_twice" : "sms.resend_sure", { number }), "resend", { may_arrive_twice: doubtful }, "sms.resent") }, text("sms.resend")),
      message.may_leave ? el("button", { type: "button", class: "quiet", onclick: () => act("sms.leave_title", text("sms.leave_sure", { number }), "leave", undefined, "sms.is_left") }, text("sms.leave")) : null));
}
