// A message in words: where it stands, why, to whom, how long.

import { numberOf, page, serverNow, text, textOrNull, whenOf } from "./page.js";
import { gatewayOf } from "./lights.js";

export const toWhom = (message, role) => message.doctor_name ?? (message.recipient === "" ? text("sms.no_number") : numberOf(message.recipient, role));
export const purposeOf = (purpose) => textOrNull(`purpose.${purpose}`) ?? purpose;
export const stateOf = (message) => text(message.channel === "voice" && textOrNull(`spoken.${message.state}`) ? `spoken.${message.state}` : `sms.${message.state}`);

/** "2 SMS · Unicode · Exotel" */
export function makeOf(message) {
  const size = message.channel === "voice" ? [text("sms.by_voice")] : message.text ? [text("messages.parts", { n: message.parts }), text(`encoding.${message.encoding}`)] : [];
  return [...size, message.gateway && message.channel === "sms" ? gatewayOf(message.gateway) : null].filter(Boolean).join(" · ");
}

/** Why it was refused or failed, or what it waits for; null where there is nothing to say. */
export function whyOf(message) {
  if (message.left_at) return text("sms.left", { time: whenOf(message.left_at) });
  if (message.state === "unknown") return text("sms.why.unknown");
  if (message.reason) return message.reason[page.language];
  if (message.state === "doubt") return text("sms.why.doubt");
  if (message.state !== "queued") return message.error;
  const isDue = !message.next_try_at || Date.parse(message.next_try_at) <= serverNow();
  if (isDue) return message.error ? text("sms.why.soon") : null;
  return text(message.error ? "sms.why.turned_away" : "sms.why.later", { time: whenOf(message.next_try_at) });
}

/** 620 thousandths of a rupee as ₹0.62 */
export const rupees = (thousandths) => new Intl.NumberFormat(page.language === "hi" ? "hi-IN-u-nu-latn" : "en-IN", { style: "currency", currency: "INR", maximumFractionDigits: 2 }).format(thousandths / 1000);
