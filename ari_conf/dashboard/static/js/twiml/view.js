// @ts-check
/** TwiML in colours, each piece of it as text. */

import { h } from "../dom.js";
import { tokens } from "./tokens.js";

/** Longer documents are shown, but not coloured: each piece is an element. */
const LONGEST_IN_COLOURS = 20_000;

/**
 * @param {string} text
 * @param {string} label
 * @returns {HTMLElement}
 */
export function twimlView(text, label) {
  const pieces = text.length > LONGEST_IN_COLOURS ? [text] : tokens(text).map((token) => (token.kind === "text" ? token.text : h("span", { class: `xml-${token.kind}` }, token.text)));
  return h("pre", { class: "text-box twiml", tabindex: 0, role: "region", "aria-label": label }, h("code", {}, pieces));
}
