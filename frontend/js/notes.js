/* Short notes at the bottom, spoken to screen readers as well. */

const STAY_MS = 10000;

/** Speaks without showing. */
export function speak(text) {
  const region = document.getElementById("spoken");
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}

/** Shows a note for ten seconds; `actions` are buttons: `{label: function}`. */
export function say(text, { actions = {}, undo } = {}) {
  const note = document.createElement("div");
  note.className = "toast-note";
  const words = document.createElement("span");
  words.textContent = text;
  note.append(words);
  const all = undo ? { ...actions, Undo: () => document.dispatchEvent(new CustomEvent("appointed:undo", { detail: undo })) } : actions;
  for (const [label, act] of Object.entries(all)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      note.remove();
      act();
    });
    note.append(button);
  }
  document.getElementById("toasts").replaceChildren(note);
  speak(text);
  const hold = setTimeout(() => note.remove(), STAY_MS);
  note.addEventListener("pointerenter", () => clearTimeout(hold));
  note.addEventListener("focusin", () => clearTimeout(hold));
}
