/* Replaces the parts of a page that follow the book, without touching what a person works in. */

let waiting = false;

function busy(part) {
  return part.contains(document.activeElement) && part.querySelector("input, select, textarea");
}

/** Fetches this very page again and swaps every `data-live-part` that nobody works in. */
export async function refreshParts() {
  const parts = document.querySelectorAll("[data-live-part]");
  if (!parts.length || waiting) return;
  waiting = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const name = part.dataset.livePart;
      const other = fresh.querySelector(`[data-live-part="${name}"]`);
      if (!other || busy(part) || part.innerHTML === other.innerHTML) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
      part.innerHTML = other.innerHTML;
      window.htmx.process(part);
      if (focused) document.getElementById(focused)?.focus();
    }
    const banners = fresh.getElementById("banners");
    const standing = document.getElementById("banners");
    if (banners && standing && banners.innerHTML !== standing.innerHTML) {
      standing.innerHTML = banners.innerHTML;
    }
  } finally {
    waiting = false;
  }
}
