/* What every page does: the live line to the server, notes that come and go, menus, focus. */
import { proposeGuesses } from "./guess.js";
import { watchVersions } from "./live.js";
import { closeMenus, startMenus } from "./menus.js";
import { refreshParts } from "./parts.js";
import { startSheets } from "./sheets.js";

const summary = document.querySelector("[data-focus-first]");
if (summary) summary.focus();

proposeGuesses();
startMenus();
startSheets();

document.addEventListener("appointed:version", () => {
  if (!document.querySelector("[data-book]")) refreshParts();
});
watchVersions(document.body.dataset);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-password]");
  if (!button) return;
  const field = document.getElementById(button.dataset.showPassword);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  button.querySelector("span").textContent = "Copied";
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
});
