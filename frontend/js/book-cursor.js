/* The keyboard in the grid: one tab stop; arrows choose, Enter opens, Alt and arrows move. */
import { pointWords } from "./book-entries.js";
import { speak } from "./notes.js";

const BURST_MS = 700;
const MINUTE = 60000;

export class Cursor {
  constructor({ grid, facts, calendar, columns, step, view, save, openNew, idle }) {
    Object.assign(this, { grid, facts, calendar, columns, step, view, save, openNew, idle });
    this.time = null;
    this.who = "";
    this.entry = "";
    this.burst = null;
    grid.addEventListener("keydown", (event) => this.key(event));
    grid.addEventListener("focusin", ({ target }) => {
      const id = target.closest("[data-entry]")?.dataset.entry;
      if (id) this.entry = id;
    });
    grid.addEventListener("focusout", ({ relatedTarget }) => {
      if (!grid.contains(relatedTarget)) this.hide();
    });
  }

  /** Says whether a burst of keys has not been saved yet. */
  busy() {
    return this.burst !== null;
  }

  /** Returns the chosen time, as the form for something new wants it. */
  here() {
    if (!this.time) return {};
    return { start: new Date(this.time).toISOString(), who: this.who || undefined };
  }

  place(date, who) {
    this.time = +date;
    this.who = who ?? this.who;
    this.entry = "";
  }

  event() {
    return this.entry ? this.calendar().getEventById(this.entry) : null;
  }

  element() {
    return this.grid.querySelector(`[data-entry="${CSS.escape(this.entry)}"]`);
  }

  /** Gives focus back to the entry that a redraw replaced. */
  restore() {
    if (this.entry && document.activeElement === document.body) {
      requestAnimationFrame(() => this.element()?.focus({ preventScroll: true }));
    }
  }

  key(event) {
    if (!this.calendar() || event.target.closest("button, a")) return;
    const arrow = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (arrow && event.altKey) {
      event.preventDefault();
      this.push(...(event.shiftKey ? [0, arrow[1] || arrow[0]] : arrow), event.shiftKey);
    } else if (arrow) {
      event.preventDefault();
      this.step_(...arrow);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.open();
    } else if (event.key === "Escape" && this.burst) {
      event.stopPropagation();
      this.takeBack();
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.toEntry(event.key === "Home" ? 0 : -1);
    }
  }

  entries() {
    const all = this.calendar().getEvents().filter((event) => event.display !== "background" && event.id !== "cursor");
    return all.sort((a, b) => a.start - b.start);
  }

  toEntry(index) {
    const event = this.entries().at(index);
    if (!event) return;
    this.entry = event.id;
    this.time = +event.start;
    this.who = event.extendedProps.practitioner;
    this.show();
  }

  begin() {
    const event = this.event();
    if (event) {
      this.time = +event.start;
      this.who = event.extendedProps.practitioner;
      return;
    }
    if (this.time !== null) return;
    const { start, end } = { start: this.calendar().view.currentStart, end: this.calendar().view.currentEnd };
    const now = Date.now();
    const rounded = Math.floor(now / (this.step() * MINUTE)) * this.step() * MINUTE;
    this.time = now >= +start && now < +end ? rounded : +start + 9 * 60 * MINUTE;
    this.who = this.columns()[0]?.id ?? "";
  }

  step_(rows, sideways) {
    const fresh = this.time === null && !this.entry;
    this.begin();
    if (!fresh && rows) this.down(rows);
    if (!fresh && sideways) this.aside(sideways);
    this.entry = this.entryAt(this.time, this.who)?.id ?? "";
    this.show();
  }

  down(rows) {
    const event = this.event();
    const size = this.step() * MINUTE;
    if (event && rows > 0 && event.end) this.time = Math.max(+event.end, this.time + size);
    else this.time += rows * size;
    const { currentStart, currentEnd } = this.calendar().view;
    this.time = Math.min(Math.max(this.time, +currentStart), +currentEnd - size);
    const above = rows < 0 ? this.entryAt(this.time, this.who) : null;
    if (above) this.time = +above.start;
  }

  aside(count) {
    if (this.view() === "week") {
      this.time += count * 24 * 60 * MINUTE;
      return;
    }
    const ids = this.columns().map((column) => column.id);
    const there = Math.min(Math.max(ids.indexOf(this.who) + count, 0), ids.length - 1);
    this.who = ids[there] ?? "";
  }

  entryAt(time, who) {
    return this.entries().find(
      (event) =>
        !event.allDay &&
        +event.start <= time &&
        time < +(event.end ?? event.start) &&
        (this.view() === "week" || event.extendedProps.practitioner === who),
    );
  }

  show() {
    const calendar = this.calendar();
    calendar.getEventById("cursor")?.remove();
    if (this.entry) {
      this.element()?.focus();
      this.element()?.scrollIntoView({ block: "nearest" });
      return;
    }
    calendar.addEvent({
      id: "cursor",
      resourceId: this.view() === "week" ? undefined : this.who,
      start: new Date(this.time).toISOString(),
      end: new Date(this.time + this.step() * MINUTE).toISOString(),
      display: "background",
      className: "grid-cursor",
    });
    this.grid.focus({ preventScroll: true });
    requestAnimationFrame(() => this.grid.querySelector(".grid-cursor")?.scrollIntoView({ block: "nearest" }));
    const column = this.columns().find((one) => one.id === this.who);
    speak(`${pointWords(new Date(this.time), this.view() === "week" ? null : column, this.facts)}, free`);
  }

  hide() {
    this.calendar()?.getEventById("cursor")?.remove();
  }

  open() {
    this.begin();
    const event = this.event();
    if (event) this.element()?.click();
    else if (this.facts.mayBook) this.openNew(this.here());
  }

  /* A burst moves the entry on the page at once and is saved when the keys rest. */
  push(rows, sideways, byPerson) {
    const event = this.event();
    if (!event || !event.extendedProps.changeable) return;
    if (!this.burst) {
      const { start, end } = event;
      const who = event.extendedProps.practitioner;
      this.burst = { start, end, who, to: who };
    }
    clearTimeout(this.burst.timer);
    if (rows) event.moveDates({ minutes: rows * this.step() });
    if (sideways && (this.view() === "week" || !byPerson)) event.moveDates({ days: sideways });
    else if (sideways) this.toPerson(event, sideways);
    const column = this.columns().find((one) => one.id === this.burst.to);
    speak(pointWords(event.start, column, this.facts));
    this.burst.timer = setTimeout(() => this.keep(event), BURST_MS);
    requestAnimationFrame(() => this.element()?.focus());
  }

  toPerson(event, count) {
    const ids = this.columns().map((column) => column.id);
    const there = ids.indexOf(this.burst.to) + count;
    if (there < 0 || there >= ids.length) return;
    this.burst.to = ids[there];
    event.setResources([ids[there]]);
  }

  back(event, { start, end, who }) {
    event.setDates(start, end);
    event.setResources([who]);
  }

  async keep(event) {
    const burst = this.burst;
    this.burst = null;
    await this.save(event, { who: burst.to, revert: () => this.back(event, burst) });
    this.idle();
  }

  takeBack() {
    clearTimeout(this.burst.timer);
    const event = this.event();
    if (event) this.back(event, this.burst);
    this.burst = null;
    speak("Put back");
    this.idle();
  }
}
