// @ts-check
// A pointer on a timeline: what is under it is told, the wheel zooms, dragging moves.

import { h, replace } from "../dom.js";
import { timeOfDay } from "../format.js";
import { barsAt } from "./rows.js";
import { ZOOM_STEP, instantAt, lengthOf, panned, placeOf } from "./scale.js";
import { sentence } from "./words.js";

/** @typedef {import("./view.js").TimelineView} TimelineView */
/** @typedef {import("./rows.js").Row} Row */

/** Pixels to the left and right of the pointer that still count as under it. */
const SLACK = 3;
/** Pixels between the pointer and what is told. */
const BESIDE = 14;
/** What one notch of a mouse's wheel is, in pixels. */
const NOTCH = 100;

/** Let a pointer be told what it is on. @param {TimelineView} view */
export function pointing(view) {
  const hair = h("div", { class: "tl-hair", hidden: true });
  const tip = h("div", { class: "tl-tip", role: "tooltip", hidden: true });
  view.frame.append(hair, tip);
  /** @type {{x: number, y: number} | null} */
  let pointer = null;
  /** @type {{x: number, from: number} | null} where dragging has begun, and what the view began with then */
  let drag = null;

  function hide() {
    hair.hidden = tip.hidden = true;
  }

  function tell() {
    const box = view.plotBox;
    if (pointer === null || pointer.x < box.left || pointer.x > box.right) return hide();
    const at = instantAt(view.view, view.width, pointer.x - box.left);
    const row = view.rowAt(pointer.y);
    const slack = (SLACK * lengthOf(view.view)) / view.width;
    replace(tip, h("strong", {}, timeOfDay(at)), row === undefined ? null : linesOf(row, at, slack));
    place(pointer.x, pointer.y);
    return undefined;
  }

  /** Put the hair and what is told at a place of the screen. @param {number} x @param {number} y */
  function place(x, y) {
    const frame = view.frame.getBoundingClientRect();
    hair.hidden = tip.hidden = false;
    hair.style.left = `${x - frame.left}px`;
    const right = x - frame.left + BESIDE + tip.offsetWidth < frame.width;
    const left = right ? x - frame.left + BESIDE : x - frame.left - BESIDE - tip.offsetWidth;
    tip.style.left = `${Math.max(left, 0)}px`;
    tip.style.top = `${Math.max(Math.min(y - frame.top + BESIDE, frame.height - tip.offsetHeight), 0)}px`;
  }

  view.scroll.addEventListener("pointermove", (event) => {
    if (drag !== null) {
      const seconds = ((drag.x - event.clientX) / view.width) * lengthOf(view.view);
      view.look(panned(view.view, view.all, drag.from + seconds - view.view.from));
    }
    pointer = { x: event.clientX, y: event.clientY };
    tell();
  });
  view.scroll.addEventListener("pointerleave", () => {
    pointer = null;
    hide();
  });
  view.scroll.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || event.clientX < view.plotBox.left) return;
    drag = { x: event.clientX, from: view.view.from };
    view.scroll.setPointerCapture(event.pointerId);
  });
  for (const end of ["pointerup", "pointercancel"]) view.scroll.addEventListener(end, () => (drag = null));
  view.scroll.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      view.zoom(ZOOM_STEP ** (event.deltaY / NOTCH), instantAt(view.view, view.width, event.clientX - view.plotBox.left));
    },
    { passive: false },
  );

  return {
    hide,
    /** What is told is told again after something has moved under the pointer. */
    again() {
      if (pointer !== null) tell();
    },
    /** Tell of a bar that the keyboard is on. @param {Row} row @param {import("./rows.js").Bar} bar */
    tellOf(row, bar) {
      pointer = null;
      replace(tip, h("strong", { dir: "auto" }, row.name), h("span", {}, sentence(bar)));
      const box = view.plotBox;
      const middle = (Math.max(bar.from, view.view.from) + Math.min(bar.to, view.view.to)) / 2;
      const top = view.scroll.getBoundingClientRect().top - view.scroll.scrollTop;
      place(box.left + placeOf(view.view, view.width, middle), top + view.topOf(row));
    },
  };
}

/** @param {Row} row @param {number} at @param {number} slack */
function linesOf(row, at, slack) {
  const bars = barsAt(row, at, slack);
  const told = bars.length > 1 ? bars.filter((bar) => bar.kind !== "stay") : bars;
  return [h("span", { dir: "auto" }, row.name), ...told.map((bar) => h("span", {}, sentence(bar)))];
}
