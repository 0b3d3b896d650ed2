/* The book: the grid of a day or a week, kept in step with the server while nobody works in it. */
import { showing } from "./live.js";
import { refreshParts } from "./parts.js";
import { openSheet, sheetIsOpen } from "./sheets.js";
import { say } from "./notes.js";
import { columnWords, dayWords, entryContent, toEvents } from "./book-entries.js";
import { moveTo, saving } from "./book-save.js";
import { Cursor } from "./book-cursor.js";
import { startMenu } from "./book-menu.js";

const NARROW = matchMedia("(max-width: 39.99rem)");
const root = document.querySelector("[data-book]");
const facts = JSON.parse(document.getElementById("book-facts").textContent);
const grid = root.querySelector("#grid");
const list = root.querySelector("#list");
const field = (name) => root.querySelector(`[data-control="${name}"]`);

facts.columns.forEach((column, place) => (column.place = place));
const state = {
  date: facts.date,
  view: facts.view || (NARROW.matches ? "list" : "day"),
  who: facts.who,
  step: localStorage.getItem("step") || "15",
  openHours: localStorage.getItem("open-hours") === "1",
};
let gesture = 0;
let late = false;
let calendar = null;

/* ── what is shown ─────────────────────────────────────────────────────────────────────── */

function columns() {
  return facts.columns.filter((column) => !state.who || column.id === state.who);
}

function openRange() {
  const times = columns().flatMap((column) => column.businessHours);
  if (!state.openHours || !times.length) return { slotMinTime: "00:00", slotMaxTime: "24:00" };
  const starts = times.map((time) => time.startTime).sort();
  const ends = times.map((time) => time.endTime).sort();
  return { slotMinTime: starts[0], slotMaxTime: ends.at(-1) };
}

async function fetchEvents(range, done, failed) {
  const query = new URLSearchParams({ from: range.startStr, to: range.endStr });
  if (state.who) query.set("who", state.who);
  try {
    const answer = await fetch(`${facts.urls.feed}?${query}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    showing(told.version);
    root.dataset.shown = told.version;
    done(toEvents(told, facts));
  } catch (fault) {
    failed(fault);
    say("The book could not be read. It is tried again by itself.");
  }
}

/** Redraws now, or as soon as nobody drags, types a burst of keys or waits for an answer. */
function refresh() {
  if (gesture || saving() || cursor.busy()) {
    late = true;
    return;
  }
  late = false;
  if (state.view !== "list") calendar?.refetchEvents();
  refreshParts();
}

function idle() {
  if (late) refresh();
}

/* ── the grid ──────────────────────────────────────────────────────────────────────────── */

const NAMES = { day: "resourceTimeGridDay", week: "timeGridWeek" };

function options() {
  return {
    schedulerLicenseKey: "AGPL-My-Frontend-And-Backend-Are-Open-Source",
    timeZone: facts.zone,
    initialDate: state.date,
    initialView: NAMES[state.view] ?? NAMES.day,
    headerToolbar: false,
    height: "100%",
    firstDay: facts.firstDay,
    nowIndicator: true,
    allDayText: "All day",
    slotDuration: `00:${state.step}`,
    snapDuration: `00:${state.step}`,
    slotMinHeight: 26,
    eventMinHeight: 24,
    eventShortHeight: 40,
    slotEventOverlap: false,
    slotHeaderInterval: "01:00",
    scrollTime: facts.scroll,
    scrollTimeReset: false,
    longPressDelay: 600,
    eventInteractive: false,
    selectable: facts.mayBook,
    selectMirror: true,
    selectMinDistance: 4,
    unselectCancel: "dialog, .context-menu",
    editable: false,
    slotHeaderFormat: { hour: facts.hour12 ? "numeric" : "2-digit", minute: "2-digit", hour12: facts.hour12 },
    eventTimeFormat: { hour: facts.hour12 ? "numeric" : "2-digit", minute: "2-digit", hour12: facts.hour12 },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    dayMinWidth: 150,
    resources: columns(),
    resourceOrder: "place",
    events: fetchEvents,
    ...openRange(),
    eventContent: entryContent,
    eventDidMount: ({ el, event }) => {
      if (event.display === "background") return;
      el.dataset.entry = event.id;
      el.tabIndex = -1;
      el.setAttribute("role", "button");
    },
    eventsSet: () => cursor.restore(),
    resourceDayHeaderContent: ({ resource }) => head(resource.id, resource.title),
    dayHeaderContent: ({ text, date }) => (state.view === "week" ? head("", columnWords(date, facts)) : text),
    dayHeaderDidMount: ({ el }) => {
      for (const part of el.querySelectorAll("[aria-hidden]")) part.removeAttribute("aria-hidden");
    },
    dateClick: (click) => {
      cursor.place(click.date, click.resource?.id);
      if (facts.mayBook) openNew({ start: click.dateStr, allDay: click.allDay, who: click.resource?.id });
    },
    select: (range) => {
      openNew({ start: range.startStr, end: range.endStr, allDay: range.allDay, who: range.resource?.id });
    },
    eventClick: ({ event, el, jsEvent }) => {
      if (jsEvent.target.closest?.("[data-entry-menu]")) return;
      if (event.extendedProps.url) openSheet(event.extendedProps.url, { from: el });
    },
    eventDragStart: () => (gesture += 1),
    eventDragStop: () => settle(),
    eventResizeStart: () => (gesture += 1),
    eventResizeStop: () => settle(),
    eventDrop: ({ event, newResource, revert }) => save(event, { who: newResource?.id, revert }),
    eventResize: ({ event, revert }) => save(event, { revert }),
  };
}

function settle() {
  gesture = Math.max(0, gesture - 1);
  setTimeout(idle, 0);
}

function head(who, text) {
  const box = document.createElement("span");
  box.className = "column-head";
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "head-menu";
  button.dataset.headMenu = "";
  button.dataset.who = who;
  button.setAttribute("aria-label", `More for ${text}`);
  button.textContent = "⋯";
  box.append(words, button);
  return { domNodes: [box] };
}

async function save(event, { who, revert }) {
  const props = event.extendedProps;
  await moveTo(facts, {
    appointment: props.appointment,
    version: props.version,
    occurrence: props.occurrence,
    practitioner: props.practitioner,
    to: who ?? props.practitioner,
    start: event.startStr,
    end: event.endStr,
    allDay: event.allDay,
    revert,
  });
  refresh();
}

/** Opens the form for something new at a time. */
export function openNew({ start, end, allDay, who, extra = {} } = {}) {
  const query = new URLSearchParams(extra);
  if (start) query.set("start", start);
  if (end) query.set("end", end);
  if (allDay) query.set("all_day", "1");
  const person = who ?? state.who;
  if (person) query.set("practitioner", person);
  if (!start) query.set("date", state.date);
  openSheet(`${facts.urls.new}?${query}`, { from: grid });
}

/* ── the toolbar ───────────────────────────────────────────────────────────────────────── */

function shift(days) {
  const date = new Date(`${state.date}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  go({ date: date.toISOString().slice(0, 10) });
}

function go(change) {
  Object.assign(state, change);
  const query = new URLSearchParams({ date: state.date, view: state.view });
  if (state.who) query.set("who", state.who);
  history.replaceState(null, "", `?${query}`);
  draw();
}

function draw() {
  const asList = state.view === "list";
  root.dataset.view = state.view;
  grid.hidden = asList;
  list.hidden = !asList;
  field("date").value = state.date;
  field("who").value = state.who;
  field("step").value = state.step;
  field("hours").checked = state.openHours;
  for (const radio of root.querySelectorAll('[name="view"]')) radio.checked = radio.value === state.view;
  root.querySelector("#book-title").textContent = dayWords(state.date, state.view, facts);
  for (const link of document.querySelectorAll("[data-with-date]")) {
    link.href = `${link.dataset.withDate}?${new URLSearchParams({ date: state.date, view: state.view, who: state.who })}`;
  }
  if (asList) {
    refreshParts();
    return;
  }
  if (!calendar) {
    calendar = new FullCalendar.Calendar(grid.querySelector(".grid-body"), options());
    calendar.render();
    return;
  }
  calendar.setOption("resources", columns());
  for (const [name, value] of Object.entries(openRange())) calendar.setOption(name, value);
  calendar.changeView(NAMES[state.view], state.date);
  calendar.refetchEvents();
}

function startToolbar() {
  root.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    const days = state.view === "week" ? 7 : 1;
    if (act === "today") go({ date: facts.today });
    else if (act === "back") shift(-days);
    else if (act === "on") shift(days);
    else if (act === "print") window.print();
    else if (act === "new") {
      event.preventDefault();
      openNew({});
    }
  });
  root.addEventListener("change", (event) => {
    const { name, value, checked } = event.target;
    if (name === "view") go({ view: value });
    else if (name === "date" && value) go({ date: value });
    else if (name === "who") go({ who: value });
    else if (name === "step") {
      localStorage.setItem("step", value);
      state.step = value;
      calendar?.setOption("slotDuration", `00:${value}`);
      calendar?.setOption("snapDuration", `00:${value}`);
    } else if (name === "hours") {
      localStorage.setItem("open-hours", checked ? "1" : "0");
      go({ openHours: checked });
    }
  });
}

function typing(target) {
  return Boolean(target.closest?.("input, select, textarea, [contenteditable], dialog, [role=menu]"));
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { n: () => openNew(cursor.here()), t: () => go({ date: facts.today }) }[event.key.toLowerCase()];
    if (!act || sheetIsOpen() || !facts.mayBook) return;
    event.preventDefault();
    act();
  });
}

const cursor = new Cursor({
  grid,
  facts,
  calendar: () => calendar,
  columns,
  step: () => Number(state.step),
  view: () => state.view,
  save,
  openNew,
  idle,
});

startToolbar();
startKeys();
startMenu({ root, facts, cursor, openNew, openRange, state, refresh, calendar: () => calendar });
document.addEventListener("appointed:version", refresh);
document.addEventListener("appointed:done", ({ detail }) => {
  if (detail.date && state.view !== "week" && detail.date !== state.date) go({ date: detail.date });
  else refresh();
});
draw();
