// @ts-check
/** A list that is fetched a page at a time, with a button for more. */

import { sentence } from "./dialog.js";
import { h, replace } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * Show a table, and fetch its first page.
 * @template Item
 * @param {HTMLElement} place
 * @param {object} what
 * @param {string} what.label what the table lists
 * @param {string[]} what.columns
 * @param {() => Promise<{items: Item[], more: boolean}>} what.next fetches the next page
 * @param {(item: Item) => HTMLElement} what.row makes the table's row
 * @param {Child} what.empty what is said if there is nothing
 */
export async function pagedTable(place, { label, columns, next, row, empty }) {
  const body = h("tbody");
  const table = h(
    "table",
    { class: "table stacking", "aria-label": label },
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
    body,
  );
  const button = h("button", { type: "button", class: "button", onclick: () => load() }, "Show more");
  const foot = h("div", { class: "list-foot" });
  const state = h("p", { class: "loading", role: "status" }, "Loading…");
  replace(place, state);

  async function load() {
    button.disabled = true;
    try {
      const { items, more } = await next();
      const added = items.map(row);
      for (const one of added) nameCells(one, columns);
      body.append(...added);
      if (body.childElementCount === 0) replace(place, h("p", { class: "empty" }, empty));
      else if (table.parentNode === null) replace(place, h("div", { class: "scroller" }, table), foot);
      replace(foot, more ? button : null);
      if (document.activeElement === document.body && added.length > 0 && body.childElementCount > added.length) {
        added[0].querySelector("a")?.focus({ preventScroll: true });
      }
    } catch (error) {
      const again = h("button", { type: "button", class: "button", onclick: () => load() }, "Try again");
      const problem = h("div", { class: "problem", role: "alert" }, h("p", {}, sentence(error)), again);
      replace(table.parentNode !== null ? foot : place, problem);
    } finally {
      button.disabled = false;
    }
  }

  await load();
}

/** Let each cell say its column where a row is shown as a card. @param {HTMLElement} row @param {string[]} columns */
function nameCells(row, columns) {
  [...row.children].forEach((cell, index) => cell.setAttribute("data-column", columns[index] ?? ""));
}
