// @ts-check
/** What can be written into the search, and how. */

import { h } from "./dom.js";

/** Each word with an example of what may follow it. @type {[string, string, string][]} */
const WORDS = [
  ["room:", "support", "a part of the conference's name"],
  ["number:", "5551234", "a part of a participant's number"],
  ["label:", "agent", "a part of a participant's label"],
  ["call:", "CA…", "a call's SID, from its beginning"],
  ["status:", "completed", "of a conference (waiting, in-progress, completed), or of a call (busy, failed, …)"],
  ["after:", "2026-11-01", "then or later: a day or a time, in UTC unless you add +01:00"],
  ["before:", "2026-11-02T10:00", "earlier than this day or time"],
];

/**
 * Make the help, whose words go into `input` when they are pressed.
 * @param {HTMLInputElement} input
 */
export function searchHelp(input) {
  /** @param {string} word */
  function add(word) {
    const kept = input.value.trim();
    input.value = `${kept ? `${kept} ` : ""}${word}`;
    input.focus();
  }

  return h(
    "details",
    { class: "search-help" },
    h("summary", {}, "How to search"),
    h("p", {}, "Words are looked for in names, numbers, labels and SIDs; what is found has all of them. Quotation marks keep words together. These look in one place:"),
    h(
      "dl",
      {},
      WORDS.map(([word, example, meaning]) =>
        h(
          "div",
          {},
          h("dt", {}, h("button", { type: "button", class: "button mono", onclick: () => add(word) }, word)),
          h("dd", {}, meaning, ", ", h("span", { class: "soft" }, "as in "), h("code", {}, word + example)),
        ),
      ),
    ),
  );
}
