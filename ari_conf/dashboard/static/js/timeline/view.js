// @ts-check
// A timeline drawn to scale: people and recordings in rows, time from left to right, near or far.

import { h, svg } from "../dom.js";
import { phone } from "../format.js";
import { makeAxis } from "./axis.js";
import { pointing } from "./pointing.js";
import { drawRows, patterns, seenRows } from "./rows_view.js";
import { ROW_HEIGHT, rowsOf } from "./rows.js";
import { PAN_STEP, ZOOM_STEP, followed, lengthOf, panned, showing, whole, zoomed } from "./scale.js";
import { walking } from "./walking.js";
import { legend, tools } from "./tools.js";

/** @typedef {import("./rows.js").Timeline} Timeline */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./scale.js").Span} Span */

/** How often a conference that goes on is drawn anew, in milliseconds. */
const DRAW_EVERY = 1000;
/** What is free to the right of now, as a part of what there is, so that the line is seen to move. */
const AHEAD = 0.03;

/** A timeline that shows nothing yet; `element` is to be put somewhere, `show` gives it what it shows. */
export class TimelineView {
  constructor() {
    /** @type {Timeline | null} */
    this.timeline = null;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Span} */
    this.all = whole(0, 1);
    /** @type {Span} */
    this.view = this.all;
    /** @type {string | null} the key of the row that the keyboard is on */
    this.chosen = null;
    this._arrived = 0;
    /** When the rows are of, by the controller's clock. */
    this._readAt = 0;
    this._axis = makeAxis();
    this._names = h("div", { class: "tl-names" });
    this._bars = svg("g", {});
    this._plot = svg("svg", { class: "tl-plot", "aria-hidden": "true" }, patterns(), this._axis.lines, this._bars, this._axis.nowLine);
    this._window = h("div", { class: "tl-window" }, this._names, this._plot);
    this._spacer = h("div", { class: "tl-spacer" }, this._window);
    this.scroll = h(
      "div",
      {
        class: "tl-scroll",
        tabindex: 0,
        role: "application",
        "aria-roledescription": "timeline",
        "aria-label": "Timeline: up and down choose a row, left and right go through its bars, plus and minus zoom",
        onscroll: () => this.draw(),
      },
      this._spacer,
    );
    this.frame = h("div", { class: "tl-frame" }, h("div", { class: "tl-corner" }), this._axis.element, this.scroll);
    this.element = h("div", { class: "timeline" }, tools(this), this.frame, legend());
    this.pointer = pointing(this);
    walking(this);
    this._sizes = new ResizeObserver(() => this.draw());
    this._sizes.observe(this.scroll);
    this._timer = setInterval(() => this._timePasses(), DRAW_EVERY);
  }

  /** Show another timeline, or the same as it is by now; what is in view stays. @param {Timeline} timeline */
  show(timeline) {
    const first = this.timeline === null;
    this._arrived = performance.now();
    this.timeline = timeline;
    const before = this.all;
    this._read();
    this.view = first ? this.all : followed(this.view, before, this.all);
    this.draw();
  }

  /** What the controller's clock says now. */
  get now() {
    return this.timeline === null ? 0 : this.timeline.now + (performance.now() - this._arrived) / 1000;
  }

  get running() {
    return this.timeline !== null && this.timeline.end === null;
  }

  /** Where the plot is, without the names. */
  get plotBox() {
    return this._plot.getBoundingClientRect();
  }

  /** In pixels. */
  get width() {
    return this._plot.clientWidth;
  }

  /** @param {number} factor below 1 to come nearer @param {number} [at] what stays where it is; the middle of the view */
  zoom(factor, at = (this.view.from + this.view.to) / 2) {
    this.look(zoomed(this.view, this.all, factor, at));
  }

  /** @param {number} direction -1 or 1 */
  step(direction) {
    this.look(panned(this.view, this.all, direction * PAN_STEP * lengthOf(this.view)));
  }

  nearer() {
    this.zoom(1 / ZOOM_STEP);
  }

  farther() {
    this.zoom(ZOOM_STEP);
  }

  /** @param {Span} view */
  look(view) {
    this.view = view;
    this.draw();
  }

  lookAtAll() {
    this.look(this.all);
  }

  /** Choose a row and bring it, and a stretch of time in it, into view. @param {Row} row @param {Span} [span] */
  choose(row, span) {
    this.chosen = row.key;
    const top = this.topOf(row);
    const { scrollTop, clientHeight } = this.scroll;
    if (top < scrollTop) this.scroll.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.scroll.scrollTop = top + ROW_HEIGHT - clientHeight;
    if (span !== undefined) this.view = showing(this.view, this.all, span);
    this.draw();
  }

  /** How far below the first row a row is, in pixels. @param {Row} row */
  topOf(row) {
    return this.rows.findIndex((one) => one.key === row.key) * ROW_HEIGHT;
  }

  /** The row at a height of the screen, if there is one. @param {number} clientY */
  rowAt(clientY) {
    const y = clientY - this.scroll.getBoundingClientRect().top + this.scroll.scrollTop;
    return this.rows[Math.floor(y / ROW_HEIGHT)];
  }

  draw() {
    if (this.timeline === null || this.width === 0) return;
    const { first, last } = seenRows(this.rows.length, this.scroll.scrollTop, this.scroll.clientHeight);
    const height = (last - first) * ROW_HEIGHT;
    this._spacer.style.height = `${this.rows.length * ROW_HEIGHT}px`;
    this._window.style.transform = `translateY(${first * ROW_HEIGHT}px)`;
    this._plot.setAttribute("height", String(height));
    const picture = { rows: this.rows.slice(first, last), first, view: this.view, width: this.width, chosen: this.chosen };
    drawRows(this._names, this._bars, picture, nameOf);
    this._axis.draw(this.view, this.width, this.running ? this._readAt : null);
    this.pointer.again();
  }

  close() {
    clearInterval(this._timer);
    this._sizes.disconnect();
  }

  _timePasses() {
    if (!this.running || document.hidden) return;
    const before = this.all;
    this._read();
    this.view = followed(this.view, before, this.all);
    this.draw();
  }

  _read() {
    const timeline = /** @type {Timeline} */ (this.timeline);
    const now = this.now;
    this._readAt = now;
    const end = timeline.end ?? now + (now - timeline.begin) * AHEAD;
    this.rows = rowsOf(timeline, timeline.end ?? now);
    this.all = whole(timeline.begin, end);
  }
}

/** @param {Row} row */
function nameOf(row) {
  if (row.kind === "recording") return h("span", { class: "tl-who", title: row.sid }, row.name);
  const { name, detail, sid } = row;
  return h("a", { class: "tl-who", href: `/dashboard/calls/${sid}`, title: detail ? `${name}, ${phone(detail)}` : name, dir: "auto" }, name);
}
