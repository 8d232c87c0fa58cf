// @ts-check
// The time axis: marks on round times with what they say, the lines through all rows, and the line that is now.

import { keyed, svg } from "../dom.js";
import { day, timeOfDay } from "../format.js";
import { placeOf } from "./scale.js";
import { ticks } from "./ticks.js";

/** @typedef {import("./scale.js").Span} Span */
/** @typedef {import("./ticks.js").Tick} Tick */

const AXIS_HEIGHT = 28;
/** Pixels that a time takes up. */
const NEEDED = 72;

/** Seconds by which the reader's clock is ahead of UTC at an instant. @param {number} at */
const offsetAt = (at) => -new Date(at * 1000).getTimezoneOffset() * 60;

/** @param {Tick} tick */
const wordsOf = (tick) => (tick.grain === "day" ? day(tick.at) : timeOfDay(tick.at, tick.grain === "second"));

/** The axis, and what it is drawn by. */
export function makeAxis() {
  const marks = svg("g", {});
  const lines = svg("g", { class: "tl-lines" });
  const nowMark = svg("path", { class: "tl-now-mark", d: `M-5 ${AXIS_HEIGHT - 7}h10l-5 7z` });
  const nowLine = svg("line", { class: "tl-now", "data-now": "", y1: 0, y2: "100%" });
  const element = svg("svg", { class: "tl-axis", height: AXIS_HEIGHT, "aria-hidden": "true" }, marks, nowMark);

  /**
   * @param {Span} view @param {number} width
   * @param {number | null} now where the line is, null for what is over
   */
  function draw(view, width, now) {
    const found = ticks(view, width, offsetAt(view.from));
    const place = (/** @type {Tick} */ tick) => placeOf(view, width, tick.at).toFixed(2);
    const key = (/** @type {Tick} */ tick) => `${tick.at} ${tick.grain}`;
    keyed(
      marks,
      found,
      key,
      (tick) =>
        svg("g", { class: `tl-tick tl-tick-${tick.grain}` }, svg("line", { y1: AXIS_HEIGHT - 6, y2: AXIS_HEIGHT }), svg("text", { x: 4, y: 17 }, wordsOf(tick))),
      (node, tick) => {
        node.setAttribute("transform", `translate(${place(tick)} 0)`);
        // What would be cut by the edge is not said.
        node.classList.toggle("is-mute", width - placeOf(view, width, tick.at) < NEEDED);
      },
    );
    keyed(
      lines,
      found,
      key,
      () => svg("line", { y1: 0, y2: "100%" }),
      (node, tick) => {
        node.setAttribute("x1", place(tick));
        node.setAttribute("x2", place(tick));
      },
    );
    const seen = now !== null && now >= view.from && now <= view.to;
    for (const node of [nowMark, nowLine]) node.toggleAttribute("hidden", !seen);
    if (seen) {
      const x = placeOf(view, width, /** @type {number} */ (now)).toFixed(2);
      nowMark.setAttribute("transform", `translate(${x} 0)`);
      nowLine.setAttribute("x1", x);
      nowLine.setAttribute("x2", x);
    }
  }

  return { element, lines, nowLine, draw };
}
