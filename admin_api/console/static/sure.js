// Asking once more before something that callers or doctors will notice.

const $ = (id) => document.getElementById(id);

/** Whether the person says yes. */
export function sure(title, words) {
  const dialog = $("confirm");
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = words;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}
