// @ts-check
/** A menu below a button, by mouse and by keyboard. */

import { attribute, h } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {{label: string, icon: import("./icons.js").Icon, dangerous?: boolean, run: () => void}} Entry */

const GAP = 4;
const MARGIN = 8;

/** @type {(() => void) | null} */
let closeOpen = null;

/** Close the menu that is open, if there is one. */
export function closeMenu() {
  closeOpen?.();
}

/**
 * Open a menu; choosing, Escape, Tab, the button again or a click elsewhere closes it.
 * @param {HTMLElement} button
 * @param {string} label
 * @param {Entry[]} entries
 */
export function openMenu(button, label, entries) {
  const again = button.getAttribute("aria-expanded") === "true";
  closeMenu();
  if (again) return;
  const items = entries.map((entry) =>
    h("button", { type: "button", role: "menuitem", tabindex: -1, class: entry.dangerous && "dangerous", onclick: () => choose(entry) }, icon(entry.icon), entry.label),
  );
  const menu = h("div", { class: "menu", role: "menu", popover: "manual", "aria-label": label }, ...items);
  const listening = new AbortController();

  const close = () => {
    listening.abort();
    menu.remove();
    attribute(button, "aria-expanded", "false");
    closeOpen = null;
  };
  /** @param {Entry} entry */
  const choose = (entry) => {
    close();
    button.focus();
    entry.run();
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) items.at(next % items.length)?.focus();
    else if (event.key === "Escape") button.focus();
    if (next === undefined && event.key !== "Escape" && event.key !== "Tab") return;
    if (event.key !== "Tab") event.preventDefault();
    if (next === undefined) close();
  };

  menu.addEventListener("keydown", key);
  const { signal } = listening;
  const elsewhere = (/** @type {PointerEvent} */ { target }) => target instanceof Node && !menu.contains(target) && !button.contains(target);
  document.addEventListener("pointerdown", (event) => elsewhere(event) && close(), { signal, capture: true });
  window.addEventListener("scroll", close, { signal, capture: true });
  window.addEventListener("resize", close, { signal });
  document.body.append(menu);
  menu.showPopover();
  place(menu, button);
  attribute(button, "aria-expanded", "true");
  closeOpen = close;
  items[0]?.focus({ preventScroll: true });
}

/** @param {HTMLElement} menu @param {HTMLElement} button */
function place(menu, button) {
  const [around, own] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
  const below = around.bottom + GAP + own.height + MARGIN <= window.innerHeight;
  const left = Math.min(Math.max(around.right - own.width, MARGIN), window.innerWidth - own.width - MARGIN);
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${below ? around.bottom + GAP : Math.max(around.top - GAP - own.height, MARGIN)}px`);
}
