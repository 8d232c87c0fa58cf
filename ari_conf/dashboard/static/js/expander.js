// @ts-check
/** A row of a list that opens, and is filled when it is opened for the first time. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./dom.js").Child} Child */

let made = 0;

/**
 * Make a list item of facts in a line, a button that opens it, and what is shown then.
 * @param {object} what
 * @param {Child[]} what.facts
 * @param {string} what.label what the button opens, for a screen reader
 * @param {() => Child[]} what.fill makes what is shown when it is open
 * @param {Record<string, string>} [what.dataset]
 * @returns {HTMLElement}
 */
export function expander({ facts, label, fill, dataset = {} }) {
  made += 1;
  const id = `opened-${made}`;
  const details = h("div", { id, class: "expander-details", hidden: true });
  const button = h(
    "button",
    { type: "button", class: "icon-button expander-button", "aria-expanded": "false", "aria-controls": id, "aria-label": label, onclick: toggle },
    icon("down"),
  );

  function toggle() {
    details.hidden = !details.hidden;
    button.setAttribute("aria-expanded", String(!details.hidden));
    if (details.childElementCount === 0) details.append(h("div", {}, ...fill()));
  }

  return h("li", { class: "expander", dataset }, h("div", { class: "expander-facts" }, facts), button, details);
}
