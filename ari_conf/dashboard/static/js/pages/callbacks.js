// @ts-check
/** Callbacks that are owed, delivered or given up. */

import { callbackRow } from "../callback/row.js";
import { choices } from "../choices.js";
import { h } from "../dom.js";
import { pagedList } from "../paged.js";
import { accountOf, accountPicker, pagesOf } from "../rest_list.js";

export const styles = ["details.css", "lists.css"];

/** @type {[string, string][]} */
const STATES = [
  ["", "All"],
  ["owed", "Owed"],
  ["given-up", "Given up"],
  ["delivered", "Delivered"],
];
const NOTHING = /** @type {Record<string, string>} */ ({
  "": "No callbacks are kept.",
  owed: "Nothing is owed: all callbacks have arrived or were given up.",
  "given-up": "None was given up.",
  delivered: "None was delivered yet.",
});

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const { query } = context;
  const place = h("div", { class: "list-place" });
  const news = h("button", { type: "button", class: "button primary", onclick: () => list() }, "More callbacks have failed: show them");
  const fresh = h("div", { role: "status" });

  const list = () => {
    const state = query.get("state") ?? "";
    fresh.replaceChildren();
    return pagedList(place, {
      label: "Callbacks",
      next: pagesOf(accountOf(context), "/Callbacks.json", "callbacks", { State: state || null }),
      row: (callback) => callbackRow(callback, context).element,
      empty: h("p", {}, NOTHING[state]),
    });
  };

  /** @param {string} state */
  function choose(state) {
    if (state) query.set("state", state);
    else query.delete("state");
    context.setQuery(query);
    list();
  }

  const unsubscribe = context.live.subscribe(({ kind }) => {
    if (kind === "callback") fresh.replaceChildren(news);
  });
  root.append(
    h("h1", {}, "Callbacks"),
    h("div", { class: "list-head" }, choices("State", STATES, query.get("state") ?? "", choose), accountPicker(context, list)),
    fresh,
    place,
  );
  await list();
  return { title: "Callbacks", close: unsubscribe };
}
