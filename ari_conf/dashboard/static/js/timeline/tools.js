// @ts-check
// What stands around a timeline: the buttons that move it, and what its bars mean.

import { h, svg } from "../dom.js";
import { NAMES } from "./words.js";

/** @typedef {import("./view.js").TimelineView} TimelineView */
/** @typedef {import("./rows.js").Kind} Kind */

/** Kinds that a legend explains, those of people and then those of recordings. @type {Kind[]} */
const EXPLAINED = ["talk", "muted", "hold", "waiting", "coaching", "recording", "pause"];

/** Drawings of 16 by 16, in strokes. */
const DRAWINGS = {
  nearer: "M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM10 10l4 4M7 5v4M5 7h4",
  farther: "M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM10 10l4 4M5 7h4",
  earlier: "M10 3L5 8l5 5",
  later: "M6 3l5 5l-5 5",
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
    { type: "button", class: "button small icon-only", "aria-label": name, title: name, onclick: act },
    svg("svg", { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { class: "stroke", d: DRAWINGS[drawing] })),
  );

/** What each kind of bar looks like. */
export function legend() {
  return h(
    "ul",
    { class: "tl-legend", "aria-label": "What the bars mean" },
    EXPLAINED.map((kind) => h("li", {}, h("span", { class: `tl-sample tl-sample-${kind}`, "aria-hidden": "true" }), NAMES[kind])),
  );
}
