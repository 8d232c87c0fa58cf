// @ts-check
/** One of a few, chosen by buttons beside each other. */

import { h } from "./dom.js";

/**
 * @param {string} label what is chosen
 * @param {[string, string][]} words each choice, and what it is called
 * @param {string} chosen which one is chosen at first
 * @param {(value: string) => void} choose
 * @returns {HTMLElement}
 */
export function choices(label, words, chosen, choose) {
  const buttons = words.map(([value, word]) =>
    h("button", { type: "button", "aria-pressed": String(value === chosen), onclick: (/** @type {Event} */ event) => press(event, value) }, word),
  );

  /** @param {Event} event @param {string} value */
  function press(event, value) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
    choose(value);
  }

  return h("div", { class: "choices", role: "group", "aria-label": label }, buttons);
}
