// @ts-check
// What stands around a timeline: the buttons that move it, and what its bars mean.

import { h, svg } from "../dom.js";
import { NAMES } from "./words.js";

/** @typedef {import("./view.js").TimelineView} TimelineView */
/** @typedef {import("./rows.js").Kind} Kind */

/** Kinds that a legend explains, those of people and then those of recordings. @type {Kind[]} */
const EXPLAINED = ["talk", "muted", "hold", "waiting", "coaching", "coached", "recording", "pause"];

/** Drawings of 20 by 20, in strokes. */
const DRAWINGS = {
  nearer: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.8 3.8M9 6.7v4.6M6.7 9h4.6",
  farther: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.8 3.8M6.7 9h4.6",
  earlier: "M12.5 5l-5 5 5 5",
  later: "M7.5 5l5 5-5 5",
};

/**
 * @param {TimelineView} view
 */
export function tools(view) {
  return h(
    "div",
    { class: "tl-tools", role: "group", "aria-label": "Timeline view" },
    button("earlier", "Earlier", () => view.step(-1)),
    button("later", "Later", () => view.step(1)),
    button("farther", "Zoom out", () => view.farther()),
    button("nearer", "Zoom in", () => view.nearer()),
    h("button", { type: "button", class: "button", onclick: () => view.lookAtAll() }, "Show all"),
  );
}

/** @param {keyof typeof DRAWINGS} drawing @param {string} name @param {() => void} act */
const button = (drawing, name, act) =>
  h(
    "button",
    { type: "button", class: "icon-button", "aria-label": name, title: name, onclick: act },
    svg("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: DRAWINGS[drawing] })),
  );

/** What each kind of bar looks like. */
export function legend() {
  return h(
    "ul",
    { class: "tl-legend", "aria-label": "What the bars mean" },
    EXPLAINED.map((kind) => h("li", {}, h("span", { class: `tl-sample tl-sample-${kind}`, "aria-hidden": "true" }), NAMES[kind])),
  );
}
