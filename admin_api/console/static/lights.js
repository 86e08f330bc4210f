// On every page: a red light while messages do not go out, an amber one while some want a person's decision.

import { el, fill, text, textOrNull } from "./page.js";

const box = document.getElementById("lights");
let shown = "";

const counted = (id, n, values) => text(n === 1 ? `${id}_one` : id, { n, ...values });
export const gatewayOf = (gateway) => textOrNull(`gateway.${gateway}`) ?? gateway;

/** 372 seconds as "6 min", 7500 as "2 h 5 min". */
function waiting(seconds) {
  const minutes = Math.max(1, Math.floor(seconds / 60));
  return minutes < 60 ? text("light.minutes", { n: minutes }) : text("light.hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

/** What `/live` tells about messages; null for those who need not care. */
export function showLights(messages) {
  const lights = messages ? [red(messages), amber(messages)].filter(Boolean) : [];
  const json = JSON.stringify(lights);
  if (json === shown) return;
  shown = json;
  box.hidden = !lights.length;
  fill(box, lights.map((light) => el("p", { class: "light", "data-light": light.colour },
    el("strong", {}, light.what), " ", el("span", {}, light.todo), " ",
    el("a", { href: light.href, "data-key": `light-${light.colour}` }, light.link))));
}

function red({ overdue, oldest_seconds, gateways, why }) {
  if (!overdue) return null;
  const away = gateways.length ? ` ${text("light.away", { gateways: gateways.map(gatewayOf).join(", ") })}` : "";
  const said = why ? `${text("light.why", { why })} ` : "";
  return {
    colour: "red", what: counted("light.waiting", overdue, { ago: waiting(oldest_seconds) }) + away,
    todo: said + text(gateways.length ? "light.todo_gateway" : "light.todo"), href: "#messages/waiting", link: text("light.show"),
  };
}

function amber({ unknown }) {
  if (!unknown) return null;
  return { colour: "amber", what: counted("light.unknown", unknown), todo: text("light.decide"), href: "#messages/undecided", link: text("light.show") };
}
