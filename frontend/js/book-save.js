/* Saves a move or a new length, and asks where the server says no. */
import { say } from "./notes.js";

let waiting = 0;

/** Says whether an answer is still owed: until then nothing is redrawn. */
export function saving() {
  return waiting > 0;
}

export function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** Posts fields and returns `{status, told}`; a lost line is status 0. */
export async function post(url, fields) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) body.append(name, value);
  }
  waiting += 1;
  try {
    const headers = { "X-CSRFToken": token(), Accept: "application/json" };
    const answer = await fetch(url, { method: "POST", body, headers });
    const json = answer.headers.get("Content-Type")?.startsWith("application/json");
    return { status: answer.status, told: json ? await answer.json() : {} };
  } catch {
    return { status: 0, told: {} };
  } finally {
    waiting -= 1;
  }
}

/** Asks a question over the page; resolves to the chosen answer, or to "" for none. */
export function ask({ title, words, answers }) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-labelledby", "ask-title");
    dialog.setAttribute("aria-describedby", "ask-words");
    const came = document.activeElement;
    const head = document.createElement("h2");
    head.id = "ask-title";
    head.textContent = title;
    const text = document.createElement("p");
    text.id = "ask-words";
    text.className = "mt-2";
    text.textContent = words;
    const row = document.createElement("div");
    row.className = "actions";
    for (const [value, label] of Object.entries(answers)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = row.childElementCount ? "btn" : "btn btn-primary";
      button.textContent = label;
      button.addEventListener("click", () => dialog.close(value));
      row.append(button);
    }
    const body = document.createElement("div");
    body.className = "sheet-body";
    body.append(head, text, row);
    dialog.append(body);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (came?.isConnected) came.focus();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
    row.lastElementChild.focus();
  });
}

/** Moves an appointment; puts it back on the page where it cannot be. */
export async function moveTo(facts, { appointment, revert = () => {}, ...wish }) {
  const url = facts.urls.move.replace("00000000-0000-0000-0000-000000000000", appointment);
  const fields = {
    version: wish.version,
    occurrence: wish.occurrence,
    practitioner: wish.practitioner,
    to: wish.to,
    start: wish.start,
    end: wish.end,
    all_day: wish.allDay ? "1" : "",
    allow_clash: wish.allowClash ? "1" : "",
  };
  waiting += 1;
  const { status, told } = await post(url, fields);
  waiting -= 1;
  if (status === 200) {
    say(told.say, { undo: told.undo });
    return true;
  }
  if (status === 409) {
    const answer = await ask({
      title: "The time is taken",
      words: told.message,
      answers: { anyway: "Book anyway", other: "Choose another time" },
    });
    if (answer === "anyway") return moveTo(facts, { appointment, revert, ...wish, allowClash: true });
  } else if (status === 412) {
    const answer = await ask({
      title: "Changed meanwhile",
      words: told.message,
      answers: { see: "See the change", mine: "Put mine on top" },
    });
    if (answer === "mine") {
      return moveTo(facts, { appointment, revert, ...wish, version: told.version });
    }
  } else {
    say(told.message ?? "That could not be saved: no line to the server. It was put back.");
  }
  revert();
  return false;
}

document.addEventListener("appointed:undo", async ({ detail }) => {
  const { status, told } = await post(detail.url, detail.fields);
  say(status === 200 ? told.say : (told.message ?? "That could not be undone."));
  document.dispatchEvent(new CustomEvent("appointed:version", { detail: {} }));
});
