// @ts-check
// The rows of a timeline on the screen: only those that can be seen are there at all.

import { h, keyed, svg } from "../dom.js";
import { LANES, ORDER, ROW_HEIGHT } from "./rows.js";
import { lengthOf, placeOf } from "./scale.js";
import { visible } from "./segments.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Kind} Kind */
/** @typedef {import("./scale.js").Span} Span */
/** @typedef {{rows: Row[], first: number, view: Span, width: number, chosen: string | null}} Picture */

/** Rows above and below what is seen, so that scrolling shows no gap before the next picture. */
const BEYOND = 4;
/** The narrowest bar, in pixels: a cough of a tenth of a second can still be seen in an hour. */
const NARROWEST = 1.5;
/** Bars that are nearer to each other than this become one, in pixels. */
const GAP = 0.5;

const PATTERNS = new Set(["waiting", "hold"]);

/**
 * Which rows have to be there.
 * @param {number} count @param {number} scrolled @param {number} height both in pixels
 */
export function seenRows(count, scrolled, height) {
  const first = Math.max(0, Math.floor(scrolled / ROW_HEIGHT) - BEYOND);
  return { first, last: Math.min(count, Math.ceil((scrolled + height) / ROW_HEIGHT) + BEYOND) };
}

/** The definitions that the bars are filled by: stripes for waiting, and others for hold. */
export function patterns() {
  const stripes = (/** @type {string} */ kind, /** @type {string} */ turn) =>
    svg(
      "pattern",
      { id: `timeline-${kind}`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: turn },
      svg("rect", { width: 6, height: 6, class: `tl-ground-${kind}` }),
      svg("rect", { width: 2, height: 6, class: `tl-stripe-${kind}` }),
    );
  return svg("defs", {}, stripes("waiting", "rotate(45)"), stripes("hold", "rotate(0)"));
}

/**
 * Bring the names and the bars on the screen into agreement with the picture.
 * @param {HTMLElement} names @param {SVGElement} plot @param {Picture} picture
 * @param {(row: Row) => Node} label what stands for a row's name
 */
export function drawRows(names, plot, picture, label) {
  const key = (/** @type {Row} */ row) => row.key;
  keyed(
    names,
    picture.rows,
    key,
    (row) => h("div", { class: `tl-name tl-name-${row.kind}` }, label(row)),
    (node, row) => node.classList.toggle("is-chosen", row.key === picture.chosen),
  );
  keyed(plot, picture.rows, key, newRow, (node, row) => {
    node.setAttribute("transform", `translate(0 ${picture.rows.indexOf(row) * ROW_HEIGHT})`);
    node.classList.toggle("is-chosen", row.key === picture.chosen);
    drawBars(node, row, picture.view, picture.width);
  });
}

/** @param {Row} row */
const newRow = (row) =>
  svg("g", { class: "tl-row", "data-row": row.key }, svg("rect", { class: "tl-row-ground", width: "100%", height: ROW_HEIGHT }));

/** @param {Element} group @param {Row} row @param {Span} view @param {number} width */
function drawBars(group, row, view, width) {
  const gap = (lengthOf(view) / width) * GAP;
  for (const kind of ORDER) {
    const spans = visible(row.bars.filter((bar) => bar.kind === kind), view, gap);
    let path = group.querySelector(`[data-kind="${kind}"]`);
    if (spans.length === 0) {
      path?.remove();
      continue;
    }
    if (path === null) {
      const fill = PATTERNS.has(kind) ? { fill: `url(#timeline-${kind})` } : {};
      path = svg("path", { class: `tl-bar tl-${kind}`, "data-kind": kind, ...fill });
      const above = ORDER.slice(ORDER.indexOf(kind) + 1);
      const next = [...group.children].find((child) => above.includes(/** @type {Kind} */ (child.getAttribute("data-kind"))));
      group.insertBefore(path, next ?? null);
    }
    path.setAttribute("d", spans.map((span) => box(kind, span, view, width)).join(""));
  }
}

/** @param {Kind} kind @param {Span} span @param {Span} view @param {number} width */
function box(kind, span, view, width) {
  const [top, height] = LANES[kind];
  // What is far beyond the edges is cut: coordinates of millions of pixels are drawn wrongly.
  const left = Math.max(placeOf(view, width, span.from), -10);
  const right = Math.min(placeOf(view, width, span.to), width + 10);
  const wide = Math.max(right - left, NARROWEST);
  return `M${left.toFixed(2)} ${top}h${wide.toFixed(2)}v${height}h${(-wide).toFixed(2)}z`;
}
