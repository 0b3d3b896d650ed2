/* Dialogs: the same pages as under their own addresses, shown over the page one came from. */
import { say } from "./notes.js";

const HEADERS = { "X-Sheet": "1" };
let dialog = null;
let cameFrom = null;

function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

function frame() {
  if (dialog) return dialog;
  dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-labelledby", "sheet-title");
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (cameFrom?.isConnected) cameFrom.focus();
    document.dispatchEvent(new CustomEvent("appointed:sheet-closed"));
  });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-sheet]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("submit", send);
  document.body.append(dialog);
  return dialog;
}

function fill(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const sheet = page.querySelector("[data-sheet]");
  if (!sheet) return false;
  frame().replaceChildren(document.adoptNode(sheet));
  window.htmx.process(dialog);
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[data-focus-first], [autofocus]");
  (first ?? dialog.querySelector("#sheet-title"))?.focus();
  dialog.scrollTop = 0;
  document.dispatchEvent(new CustomEvent("appointed:sheet-shown", { detail: { sheet } }));
  return true;
}

/** Shows the page at `url` as a dialog; without one in its answer the browser goes there. */
export async function openSheet(url, { from } = {}) {
  if (!dialog?.open) cameFrom = from ?? document.activeElement;
  const answer = await fetch(url, { headers: HEADERS });
  if (!fill(await answer.text())) location.assign(url);
}

export function sheetIsOpen() {
  return Boolean(dialog?.open);
}

async function send(event) {
  const form = event.target;
  if (form.method === "dialog" || form.hasAttribute("data-plain")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const url = form.action || location.href;
  if (form.method === "get") {
    await openSheet(`${url.split("?")[0]}?${body}`);
    return;
  }
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { ...HEADERS, "X-CSRFToken": token() },
    });
    await answered(answer, url);
  } finally {
    if (button) button.disabled = false;
  }
}

async function answered(answer, url) {
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
    const told = await answer.json();
    if (told.go) {
      location.assign(told.go);
      return;
    }
    dialog.close();
    document.dispatchEvent(new CustomEvent("appointed:done", { detail: told }));
    if (told.say) say(told.say, { undo: told.undo });
    return;
  }
  if (!fill(await answer.text())) location.assign(url);
}

export function startSheets() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open-sheet]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    openSheet(link.href, { from: link });
  });
}
