// @ts-check
/** Calls, the newest first. */

import { choices } from "../choices.js";
import { h } from "../dom.js";
import { duration, phone, time } from "../format.js";
import { pagedTable } from "../paged.js";
import { accountOf, accountPicker, pagesOf, secondsOf } from "../rest_list.js";
import { DIRECTIONS, callPill } from "../call/words.js";

export const styles = ["details.css", "lists.css"];

/** @type {[string, string][]} */
const STATUSES = [
  ["", "All"],
  ["in-progress", "In progress"],
  ["ringing", "Ringing"],
  ["completed", "Completed"],
  ["busy", "Busy"],
  ["no-answer", "No answer"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
];

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const { query } = context;
  const place = h("div", { class: "list-place" });
  const party = h("input", { type: "search", name: "party", "aria-label": "Called from or to this number", placeholder: "From or to, exactly: +1555…", value: query.get("party") ?? "" });
  const form = h("form", { class: "list-search", role: "search" }, party, h("button", { class: "button" }, "Find"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember("party", party.value.trim());
  });

  /** @param {string} name @param {string} value */
  function remember(name, value) {
    if (value) query.set(name, value);
    else query.delete(name);
    context.setQuery(query);
    list();
  }

  const list = () =>
    pagedTable(place, {
      label: "Calls",
      columns: ["Begun", "From", "To", "Direction", "Status", "Lasted"],
      next: wanted(accountOf(context), query.get("status") ?? "", query.get("party") ?? ""),
      row: cells,
      empty: h("p", {}, query.get("status") || query.get("party") ? "No such call." : "There have been no calls yet."),
    });

  root.append(
    h("h1", {}, "Calls"),
    h(
      "div",
      { class: "list-head" },
      choices("Status", STATUSES, query.get("status") ?? "", (value) => remember("status", value)),
      form,
      accountPicker(context, list),
    ),
    place,
  );
  await list();
  return { title: "Calls", close() {} };
}

/**
 * The pages of what is wanted: first those from a number, then those to it.
 * @param {string} account @param {string} status @param {string} party
 */
function wanted(account, status, party) {
  const pages = (/** @type {Record<string, string>} */ filters) => pagesOf(account, "/Calls.json", "calls", { Status: status || null, ...filters });
  if (!party) return pages({});
  const sources = [pages({ From: party }), pages({ To: party })];
  return async () => {
    const page = await sources[0]();
    if (page.more || sources.length === 1) return page;
    sources.shift();
    if (page.items.length > 0) return { items: page.items, more: true };
    return sources[0]();
  };
}

/** @param {any} call */
function cells(call) {
  return [
    h("a", { href: `/dashboard/calls/${call.sid}` }, time(secondsOf(call.date_created), { seconds: true })),
    h("bdi", {}, phone(call.from)),
    h("bdi", {}, phone(call.to)),
    DIRECTIONS[call.direction] ?? call.direction,
    callPill(call.status),
    call.duration === null ? h("span", { class: "absent" }, "–") : duration(Number(call.duration)),
  ];
}
