// The phone's calendar: places the events of a day, moves them, looks for news every two seconds.

const LOOK_EVERY = 2000;
const STEP = 15;
const SETTLE = 700;

const days = document.getElementById("days");
const status = document.getElementById("status");
let busy = 0; // gestures under way: nothing is redrawn while one is

document.documentElement.classList.add("js");

const week = () => days.querySelector(".week");
const perMinute = () => days.querySelector(".timed").clientHeight / ((week().dataset.to - week().dataset.from) * 60);
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

function layOut() {
  if (!week()) return;
  const from = week().dataset.from * 60;
  const all = week().dataset.to * 60 - from;
  week().style.setProperty("--hours", all / 60);
  for (const tile of days.querySelectorAll(".timed .tile")) {
    const { first, minutes, lane, lanes } = tile.dataset;
    tile.style.top = `${(100 * (first - from)) / all}%`;
    tile.style.height = `${(100 * minutes) / all}%`;
    tile.style.left = `${(100 * lane) / lanes}%`;
    tile.style.width = `${100 / lanes}%`;
    tile.classList.toggle("short", minutes < 40);
  }
  const today = days.querySelector("[data-now]");
  const now = today && today.dataset.now - from;
  if (today && now >= 0 && now <= all) {
    const line = document.createElement("li");
    line.className = "now";
    line.setAttribute("aria-hidden", "true");
    line.style.top = `${(100 * now) / all}%`;
    today.append(line);
  }
}

// ── news ──────────────────────────────────────────────────────────────────────────────────

async function look() {
  try {
    if (document.hidden || busy) return;
    const answer = await (await fetch(days.dataset.poll)).json();
    if (answer.fault) say(answer.fault);
    else if (answer.version !== days.firstElementChild.dataset.version && !busy) await redraw();
  } catch {
    say("The demo does not answer. Is it still running?");
  } finally {
    setTimeout(look, LOOK_EVERY);
  }
}

async function redraw() {
  const answer = await fetch(days.dataset.part);
  if (!answer.ok || busy) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (busy) return;
  const known = new Set([...days.querySelectorAll("[data-key]")].map(wordOf));
  const focused = document.activeElement?.closest("[data-key]")?.dataset.key;
  days.replaceChildren(fresh);
  layOut();
  for (const tile of days.querySelectorAll("[data-key]")) tile.classList.toggle("fresh", !known.has(wordOf(tile)));
  if (focused) days.querySelector(`[data-key="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  say(days.dataset.told);
}

const wordOf = (tile) => `${tile.dataset.key} ${tile.dataset.version}`;

function say(text) {
  status.textContent = text;
}

// ── moving ────────────────────────────────────────────────────────────────────────────────

async function move(tile, shift) {
  const form = document.getElementById("mover");
  const told = new FormData(form);
  told.set("days", shift.days);
  told.set("minutes", shift.minutes);
  told.set("version", tile.dataset.version);
  const answer = await fetch(tile.dataset.move, { method: "POST", body: told, redirect: "manual" });
  if (answer.type === "opaqueredirect") return true;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  say(page.querySelector("[data-fault]")?.textContent ?? "The event could not be moved.");
  return false;
}

function show(tile, shift) {
  const columns = visibleDays();
  const width = columns[0].getBoundingClientRect().width;
  tile.style.transform = `translate(${shift.days * width}px, ${shift.minutes * perMinute()}px)`;
  tile.classList.add("moving");
  const first = Number(tile.dataset.first) + shift.minutes;
  const words = `${clock(first)}–${clock(first + Number(tile.dataset.minutes))}`;
  if (tile.closest(".timed")) tile.querySelector(".when").textContent = words;
  return words;
}

function bounded(tile, shift) {
  const first = Number(tile.dataset.first);
  const last = first + Number(tile.dataset.minutes);
  const whole = !tile.closest(".timed");
  return { days: shift.days, minutes: whole ? 0 : Math.max(-first, Math.min(1439 - last, shift.minutes)) };
}

async function finish(tile, shift) {
  try {
    if (shift.days || shift.minutes) {
      const done = await move(tile, shift);
      busy -= 1;
      await redraw();
      if (done) say("Moved.");
    } else {
      busy -= 1;
      await redraw();
    }
  } catch {
    say("The demo does not answer. Nothing was moved.");
  }
}

const visibleDays = () => [...days.querySelectorAll(".day")].filter((day) => day.offsetParent !== null);

function startDrag(event) {
  const tile = event.target.closest(".tile");
  if (!tile || event.button !== 0 || event.pointerType === "touch") return;
  const columns = visibleDays();
  const home = columns.indexOf(tile.closest(".day"));
  let shift = { days: 0, minutes: 0 };
  let dragging = false;

  const follow = (moved) => {
    if (!dragging && Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) < 6) return;
    if (!dragging) busy += 1;
    dragging = true;
    const column = columns.findIndex((day) => moved.clientX < day.getBoundingClientRect().right);
    const minutes = Math.round((moved.clientY - event.clientY) / perMinute() / STEP) * STEP;
    shift = bounded(tile, { days: (column < 0 ? columns.length - 1 : column) - home, minutes });
    show(tile, shift);
  };
  const abort = (pressed) => {
    if (pressed.key !== "Escape" || !dragging) return;
    shift = { days: 0, minutes: 0 };
    drop();
  };
  const drop = () => {
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", drop);
    removeEventListener("keydown", abort);
    if (!dragging) return;
    tile.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
    finish(tile, shift);
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", drop);
  addEventListener("keydown", abort);
}

const ARROWS = { ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
let burst = null;

function pressArrow(event) {
  const tile = event.target.closest?.(".tile");
  const arrow = ARROWS[event.key];
  if (!tile || !arrow || !event.altKey) return;
  event.preventDefault();
  if (burst?.tile !== tile) {
    if (burst) settle();
    burst = { tile, shift: { days: 0, minutes: 0 }, timer: 0 };
    busy += 1;
  }
  const { shift } = burst;
  burst.shift = bounded(tile, { days: shift.days + arrow[0], minutes: shift.minutes + arrow[1] });
  say(`${show(tile, burst.shift)}${burst.shift.days ? `, ${burst.shift.days > 0 ? "+" : ""}${burst.shift.days} d` : ""}`);
  clearTimeout(burst.timer);
  burst.timer = setTimeout(settle, SETTLE);
}

function settle() {
  const { tile, shift, timer } = burst;
  clearTimeout(timer);
  burst = null;
  finish(tile, shift);
}

function addHere(event) {
  if (!event.target.matches(".timed")) return;
  const top = event.target.getBoundingClientRect().top;
  const minutes = week().dataset.from * 60 + (event.clientY - top) / perMinute();
  const day = event.target.closest(".day").dataset.day;
  location.assign(`${days.dataset.new}?day=${day}&time=${clock(Math.floor(minutes / 30) * 30)}`);
}

if (days) {
  layOut();
  days.addEventListener("pointerdown", startDrag);
  days.addEventListener("keydown", pressArrow);
  days.addEventListener("click", addHere);
  setTimeout(look, LOOK_EVERY);
}
