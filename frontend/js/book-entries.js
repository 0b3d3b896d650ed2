/* How an appointment and a busy time look and sound in the grid. */

const STATUS = {
  booked: "Booked",
  confirmed: "Confirmed",
  arrived: "Arrived",
  in_session: "In session",
  done: "Done",
  did_not_arrive: "Did not arrive",
  cancelled: "Cancelled",
};
const STATUS_ICON = {
  confirmed: "check",
  arrived: "user-check",
  in_session: "circle-dot",
  done: "check-check",
  did_not_arrive: "user-x",
  cancelled: "ban",
};
const SYNC = {
  in_step: ["circle-check", "in step"],
  waiting: ["hourglass", "waiting for the calendar"],
  failed: ["circle-alert", "not in the calendar"],
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.querySelector("[data-book]").dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

function part(className, ...children) {
  const span = document.createElement("span");
  span.className = className;
  span.append(...children.filter(Boolean));
  return span;
}

/** Turns the server's answer into the events of the grid. */
export function toEvents(told, facts) {
  const tone = Object.fromEntries(facts.columns.map((column) => [column.id, column.tone]));
  const entries = told.entries.map((entry) => ({
    id: entry.id,
    resourceId: entry.practitioner,
    title: entry.label,
    start: entry.start,
    end: entry.end,
    allDay: entry.all_day,
    editable: entry.changeable,
    resourceEditable: entry.changeable,
    className: `entry-block tone-${tone[entry.practitioner] ?? 0} is-${entry.status} kind-${entry.kind}`,
    extendedProps: { ...entry },
  }));
  const busy = told.busy.map((time) => ({
    id: time.id,
    resourceId: time.practitioner,
    title: time.words,
    start: time.start,
    end: time.end,
    allDay: time.all_day,
    display: "background",
    className: time.show === "free" ? "busy-free" : "busy-outside",
  }));
  return [...entries, ...busy];
}

/** Draws an entry: time, who, what, its state and whether the calendar has it. */
export function entryContent({ event, timeText }) {
  if (event.display === "background") {
    return { domNodes: event.title ? [part("busy-words", event.title)] : [] };
  }
  const { service, status, sync, overbooked } = event.extendedProps;
  const marks = part("entry-marks");
  if (overbooked) marks.append(icon("triangle-alert"));
  if (STATUS_ICON[status]) marks.append(icon(STATUS_ICON[status]));
  if (SYNC[sync]) marks.append(part(`sync-mark sync-${sync}`, icon(SYNC[sync][0])));
  const first = part("entry-first", part("entry-time", `${timeText} `), part("entry-label", event.title), marks);
  const second = service ? part("entry-service", service) : null;
  const more = part("sr-only", moreWords(event.extendedProps));
  return { domNodes: [part("entry-inside", first, second, more)] };
}

/* What a screen reader hears after the words that everybody sees. */
function moreWords({ practitioner_name: who, status, sync, overbooked }) {
  const words = [who, STATUS[status], overbooked ? "booked over another time" : "", SYNC[sync]?.[1]];
  return `, ${words.filter(Boolean).join(", ")}`;
}

/** Names the shown day, or the shown week. */
export function dayWords(date, view, facts) {
  const noon = new Date(`${date}T12:00:00Z`);
  const long = new Intl.DateTimeFormat(facts.locale, {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  if (view !== "week") return long.format(noon);
  const back = (noon.getUTCDay() - facts.firstDay + 7) % 7;
  const first = new Date(noon - back * 86400000);
  const last = new Date(+first + 6 * 86400000);
  const short = new Intl.DateTimeFormat(facts.locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return short.formatRange(first, last);
}

/** Names the column of a day. */
export function columnWords(date, facts) {
  return new Intl.DateTimeFormat(facts.locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: facts.zone,
  }).format(date);
}

/** Says a point of the grid: "Tue 25 Nov, 10:15, Pat". */
export function pointWords(date, column, facts) {
  const words = new Intl.DateTimeFormat(facts.locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: facts.hour12 ? "numeric" : "2-digit",
    minute: "2-digit",
    hour12: facts.hour12,
    timeZone: facts.zone,
  }).format(date);
  return column ? `${words}, ${column.title}` : words;
}
