// What takes longer than a glance says so, and for how long it has been at it.

import { el, text } from "./page.js";

const GLANCE_MS = 400;
const LONG_MS = 2000;

/** Wait for `deed` while `box` says that something goes on. What `box` showed stays where `beside` is true. */
export async function withProgress(box, deed, beside = false) {
  const began = performance.now();
  const note = el("p", { class: "note progress", role: "status" });
  const tell = () => {
    const passed = performance.now() - began;
    if (passed < GLANCE_MS) return;
    note.textContent = passed < LONG_MS ? text("progress.loading") : text("progress.still", { n: Math.floor(passed / 1000) });
    if (!note.isConnected) beside ? box.append(note) : box.replaceChildren(note);
  };
  const timer = setInterval(tell, GLANCE_MS / 2);
  box.setAttribute("aria-busy", "true");
  try {
    return await deed;
  } finally {
    clearInterval(timer);
    note.remove();
    box.removeAttribute("aria-busy");
  }
}
