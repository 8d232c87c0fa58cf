// @ts-check
/** Lists that are fetched a page at a time, with a button for more. */

import { sentence } from "./dialog.js";
import { h, replace } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

/** Which list a place shows, or waits for. @type {WeakMap<HTMLElement, object>} */
const shownIn = new WeakMap();

/**
 * @template Item
 * @typedef {() => Promise<{items: Item[], more: boolean}>} Next fetches the next page each time it is called
 */

/**
 * Show a list in `place`, and fetch its first page.
 * @template Item
 * @param {HTMLElement} place
 * @param {object} what
 * @param {HTMLElement} what.whole what holds the rows, somewhere in it
 * @param {HTMLElement} what.parent of the rows
 * @param {Next<Item>} what.next
 * @param {(item: Item) => HTMLElement} what.row
 * @param {Child} what.empty what is said if there is nothing
 */
async function paged(place, { whole, parent, next, row, empty }) {
  const button = h("button", { type: "button", class: "button", onclick: load }, "Show more");
  const foot = h("div", { class: "list-foot" });
  let shown = false;
  // Whoever chooses quickly is not shown what was chosen before, should that be answered last.
  const isMeant = () => shownIn.get(place) === parent;
  shownIn.set(place, parent);
  replace(place, h("p", { class: "loading soft", role: "status" }, "Loading…"));

  async function load() {
    const more = document.activeElement === button;
    button.disabled = true;
    try {
      const page = await next();
      if (!isMeant()) return;
      const rows = page.items.map(row);
      parent.append(...rows);
      if (!shown) replace(place, parent.childElementCount === 0 ? h("div", { class: "empty" }, empty) : [whole, foot]);
      shown = true;
      button.disabled = false;
      replace(foot, page.more ? button : null);
      // Whoever has asked for more by the keyboard goes on where more begins.
      if (more) /** @type {HTMLElement | null} */ (rows[0]?.querySelector("a, button"))?.focus();
    } catch (error) {
      if (!isMeant()) return;
      button.disabled = false;
      const again = h("button", { type: "button", class: "button", onclick: load }, "Try again");
      replace(shown ? foot : place, h("div", { class: "problem", role: "alert" }, h("p", {}, sentence(error)), again));
    }
  }

  await load();
}

/**
 * A table, of which `columns` are the heads; on a narrow screen each row is a card whose cells say their column.
 * @template Item
 * @param {HTMLElement} place
 * @param {{label: string, columns: string[], next: Next<Item>, row: (item: Item) => Child[], empty: Child}} what `row` makes the cells
 */
export function pagedTable(place, { label, columns, next, row, empty }) {
  const parent = h("tbody");
  const head = h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column))));
  const whole = h("div", { class: "card" }, h("table", { class: "stacking", "aria-label": label }, head, parent));
  const line = (/** @type {Item} */ item) => h("tr", {}, row(item).map((cell, index) => h("td", { "data-column": columns[index] }, cell)));
  return paged(place, { whole, parent, next, row: line, empty });
}

/**
 * A list whose items `row` makes.
 * @template Item
 * @param {HTMLElement} place
 * @param {{label: string, next: Next<Item>, row: (item: Item) => HTMLElement, empty: Child}} what
 */
export function pagedList(place, { label, next, row, empty }) {
  const parent = h("ul", { class: "card rows", "aria-label": label });
  return paged(place, { whole: parent, parent, next, row, empty });
}
