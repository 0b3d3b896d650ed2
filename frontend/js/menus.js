/* Menus that hang from a button, and the context menu: arrows, Home, End, Escape, click outside. */

let opener = null;

function items(menu) {
  return [...menu.querySelectorAll('[role="menuitem"]:not([hidden])')];
}

export function closeMenus({ focusBack = true } = {}) {
  for (const menu of document.querySelectorAll('[role="menu"]:not([hidden])')) {
    menu.hidden = true;
    if (focusBack && menu.contains(document.activeElement)) opener?.focus();
  }
  for (const button of document.querySelectorAll('[aria-expanded="true"][aria-haspopup="menu"]')) {
    button.setAttribute("aria-expanded", "false");
  }
}

/** Opens a menu, at a point of the window where one is given, and remembers where focus was. */
export function openMenu(menu, { from, at } = {}) {
  closeMenus({ focusBack: false });
  opener = from ?? document.activeElement;
  menu.hidden = false;
  if (at) {
    const box = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(at.x, innerWidth - box.width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - box.height - 8))}px`;
  }
  items(menu)[0]?.focus();
}

function step(menu, event) {
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (there === undefined) return;
  event.preventDefault();
  all.at(there % all.length)?.focus();
}

export function startMenus() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-menu]");
    if (button) {
      const menu = document.getElementById(button.dataset.menu);
      if (menu.hidden) {
        openMenu(menu, { from: button });
        button.setAttribute("aria-expanded", "true");
      } else {
        closeMenus();
      }
      return;
    }
    const inside = event.target.closest('[role="menu"]');
    if (!inside || event.target.closest('[role="menuitem"]')) closeMenus({ focusBack: false });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.('[role="menu"]');
    if (!menu) return;
    if (event.key === "Tab") closeMenus();
    else step(menu, event);
  });
}
