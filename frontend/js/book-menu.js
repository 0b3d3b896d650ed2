/* The menus of the book: of an entry, of a free time, of a day; by mouse, finger or keyboard. */
import { openMenu } from "./menus.js";
import { openSheet } from "./sheets.js";
import { moveTo, post } from "./book-save.js";
import { say } from "./notes.js";

const LONG_PRESS_MS = 550;
const NOBODY = "00000000-0000-0000-0000-000000000000";

function minutes(text) {
  const [hours, rest] = text.split(":").map(Number);
  return hours * 60 + rest;
}

function clockOf(total) {
  return `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
}

/* A time without an offset is the practice's clock and stays without one. */
function later(start, length) {
  const bare = /T\d\d:\d\d$/.test(start);
  const end = new Date(+new Date(bare ? `${start}Z` : start) + length).toISOString();
  return bare ? end.slice(0, 16) : end;
}

export function startMenu({ root, facts, cursor, openNew, openRange, state, refresh, calendar }) {
  const menus = {
    entry: document.getElementById("entry-menu"),
    free: document.getElementById("free-menu"),
    day: document.getElementById("day-menu"),
  };
  let subject = {};
  let clip = null;

  const url = (name) => facts.urls[name].replace(NOBODY, subject.appointment);

  function entryOf(element) {
    const row = element.closest("[data-entry]");
    if (!row) return null;
    if (row.dataset.appointment) return { ...row.dataset };
    const event = calendar()?.getEventById(row.dataset.entry);
    return event ? { ...event.extendedProps, start: event.startStr, end: event.endStr } : null;
  }

  /* Which time and whose lies under a point: lanes bear their day, their height is the day. */
  function timeAt(x, y) {
    const under = document.elementsFromPoint(x, y);
    const lane = under.find((one) => one.matches('#grid [role="gridcell"][data-date]:not([aria-label])'));
    if (!lane) return cursor.here();
    const box = lane.getBoundingClientRect();
    const { slotMinTime, slotMaxTime } = openRange();
    const [first, last] = [minutes(slotMinTime), minutes(slotMaxTime)];
    const step = Number(state.step);
    const exact = first + ((y - box.top) / box.height) * (last - first);
    const start = Math.floor(exact / step) * step;
    return { start: `${lane.dataset.date}T${clockOf(start)}`, who: lane.dataset.resourceId || state.who };
  }

  function show(name, what, at, from) {
    subject = what;
    const menu = menus[name];
    for (const item of menu.querySelectorAll("[data-needs]")) {
      const need = item.dataset.needs;
      item.hidden =
        (need === "change" && !(String(what.changeable) === "true")) ||
        (need === "standing" && what.status === "cancelled") ||
        (need === "clip" && !clip) ||
        (need === "book" && !facts.mayBook);
    }
    const title = menu.querySelector(".menu-title");
    if (title) title.textContent = what.words ?? what.label ?? "";
    openMenu(menu, { from, at });
  }

  function open(target, at) {
    const entry = entryOf(target);
    if (entry) show("entry", entry, at, target.closest("[data-entry]"));
    else if (target.closest("#grid")) show("free", timeAt(at.x, at.y), at, cursor.grid);
    else return false;
    return true;
  }

  root.addEventListener("contextmenu", (event) => {
    let { clientX: x, clientY: y, target } = event;
    if (event.button !== 2 || (!x && !y)) {
      const box = (document.activeElement ?? target).getBoundingClientRect();
      [x, y] = [box.left + 20, box.top + 20];
      target = document.activeElement ?? target;
    }
    if (open(target, { x, y })) event.preventDefault();
  });

  root.addEventListener("keydown", (event) => {
    if (event.key !== "ContextMenu" && !(event.key === "F10" && event.shiftKey)) return;
    const box = event.target.getBoundingClientRect();
    const at = { x: box.left + 20, y: box.top + Math.min(box.height, 40) };
    if (open(event.target, at)) event.preventDefault();
  });

  let press = null;
  root.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    const { target, clientX: x, clientY: y } = event;
    press = setTimeout(() => open(target, { x, y }), LONG_PRESS_MS);
  });
  for (const name of ["pointerup", "pointermove", "pointercancel", "scroll"]) {
    root.addEventListener(name, () => clearTimeout(press), { passive: true, capture: true });
  }

  root.addEventListener("click", (event) => {
    const more = event.target.closest("[data-entry-menu]");
    const head = event.target.closest("[data-head-menu]");
    const button = more ?? head;
    if (!button) return;
    event.stopPropagation();
    const box = button.getBoundingClientRect();
    const at = { x: box.left, y: box.bottom + 2 };
    if (more) show("entry", entryOf(more), at, more);
    else show("day", { date: head.closest("[data-date]")?.dataset.date ?? state.date, who: head.dataset.who }, at, head);
  });

  async function setStatus(status) {
    const fields = { status, version: subject.version, occurrence: subject.occurrence };
    const { status: code, told } = await post(url("status"), fields);
    say(code === 200 ? told.say : (told.message ?? "That could not be saved."), { undo: told.undo });
    refresh();
  }

  async function paste() {
    const length = new Date(clip.end) - new Date(clip.start);
    const start = subject.start ?? cursor.here().start;
    if (!start) return;
    const end = later(start, length);
    const who = subject.who ?? cursor.here().who ?? clip.practitioner;
    if (clip.copy) {
      openNew({ start, end, who, extra: { copy: clip.appointment } });
      return;
    }
    const moved = await moveTo(facts, { ...clip, to: who, start, end });
    if (moved) clip = null;
    refresh();
  }

  function dayQuery() {
    return new URLSearchParams({ date: subject.date, view: "day", who: subject.who || state.who });
  }

  const acts = {
    open: () => openSheet(url("open")),
    edit: () => openSheet(url("edit")),
    move: () => openSheet(`${url("moveForm")}?practitioner=${subject.practitioner}`),
    cancel: () => openSheet(url("cancel")),
    why: () => openSheet(`${url("open")}#sync`),
    rebook: () => openSheet(`${facts.urls.new}?copy=${subject.appointment}&weeks=1`),
    cut: () => {
      clip = { ...subject };
      say("Cut. Choose a free time and paste it there.");
    },
    copy: () => {
      clip = { ...subject, copy: true };
      say("Copied. Choose a free time and paste it there.");
    },
    paste,
    new: () => openNew(subject.start ? subject : cursor.here()),
    upload: () => openSheet(`${facts.urls.upload}?${dayQuery()}`),
    export: () => location.assign(`${facts.urls.export}?${dayQuery()}`),
    away: () =>
      openNew({ start: subject.date, allDay: true, who: subject.who, extra: { kind: "unavailable" } }),
  };

  for (const menu of Object.values(menus)) {
    menu.addEventListener("click", (event) => {
      const item = event.target.closest("[data-do]");
      if (!item) return;
      const name = item.dataset.do;
      if (name.startsWith("status:")) setStatus(name.slice(7));
      else acts[name]();
    });
  }
}
