// @ts-check
/** What went wrong, the latest first. */

import { choices } from "../choices.js";
import { h } from "../dom.js";
import { notificationRow } from "../notification_row.js";
import { pagedList } from "../paged.js";
import { accountOf, accountPicker, pagesOf } from "../rest_list.js";

export const styles = ["details.css", "lists.css"];

/** @type {[string, string][]} */
const LEVELS = [
  ["", "All"],
  ["0", "Errors"],
  ["1", "Warnings"],
];

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const { query } = context;
  const place = h("div", { class: "list-place" });
  const news = h("button", { type: "button", class: "button primary", onclick: () => list() }, "There are new ones: show them");
  const fresh = h("div", { role: "status" });

  const list = () => {
    fresh.replaceChildren();
    return pagedList(place, {
      label: "Notifications",
      next: pagesOf(accountOf(context), "/Notifications.json", "notifications", { Log: query.get("log") }),
      row: (notification) => notificationRow(notification, { links: true }),
      empty: h("p", {}, "Nothing has gone wrong."),
    });
  };

  /** @param {string} log */
  function choose(log) {
    if (log) query.set("log", log);
    else query.delete("log");
    context.setQuery(query);
    list();
  }

  const unsubscribe = context.live.subscribe(({ kind }) => {
    if (kind === "notification") fresh.replaceChildren(news);
  });
  root.append(
    h("h1", {}, "Notifications"),
    h("div", { class: "list-head" }, choices("Level", LEVELS, query.get("log") ?? "", choose), accountPicker(context, list)),
    fresh,
    place,
  );
  await list();
  return { title: "Notifications", close: unsubscribe };
}
