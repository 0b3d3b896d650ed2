/* Hears that the practice has a new version: by a stream, or by asking where none can open. */

const POLL_MS = 10000;
let shown = null;
let address = "";
let stream = null;
let timer = null;

function tell(version) {
  if (String(version) === shown) return;
  shown = String(version);
  document.dispatchEvent(new CustomEvent("appointed:version", { detail: { version: shown } }));
}

/** Says which version the page shows now, so that nothing between render and stream is lost. */
export function showing(version) {
  shown = String(version);
}

function url() {
  return `${address}?version=${encodeURIComponent(shown)}`;
}

async function poll() {
  try {
    const answer = await fetch(url(), { headers: { Accept: "application/json" } });
    if (answer.ok) tell((await answer.json()).version);
  } catch {
    /* no line: the next poll asks again */
  }
}

function open() {
  close();
  stream = new EventSource(url());
  stream.onmessage = (event) => tell(event.data);
  stream.onerror = () => {
    if (stream && stream.readyState === EventSource.CLOSED) {
      stream = null;
      timer = setInterval(poll, POLL_MS);
    }
  };
}

function close() {
  if (stream) stream.close();
  if (timer) clearInterval(timer);
  stream = null;
  timer = null;
}

/** Starts listening; a hidden tab lets go of its line (a browser allows six a host). */
export function watchVersions({ live, version }) {
  if (!live) return;
  address = live;
  shown = String(version);
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
