/* Fills what the browser knows anyway: time zone and country, where the form still has a default. */

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const country = new Intl.Locale(navigator.language).region ?? "";

/** Proposes the browser's zone and country on the first run. */
export function proposeGuesses() {
  if (!document.querySelector("[data-first-run]")) return;
  for (const field of document.querySelectorAll("[data-guess]")) {
    const known = field.dataset.guess === "zone" ? timeZone : country;
    if (known && (field.value === "" || field.value === "UTC")) field.value = known;
  }
}
