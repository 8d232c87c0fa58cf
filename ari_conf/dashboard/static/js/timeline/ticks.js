// @ts-check
// Where a time axis has its marks, and how much of the time each of them has to say. Pure.

/** @typedef {import("./scale.js").Span} Span */
/** @typedef {"second" | "minute" | "day"} Grain how exactly a mark has to be told */
/** @typedef {{at: number, grain: Grain}} Tick */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Seconds between marks, of which people can count on: parts of a minute, of an hour, of a day. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];

/** Pixels from one mark to the next, at least: a time with its seconds, and air. */
const APART = 84;

/** Marks are not without end, whatever view and width are asked for. */
const MOST = 200;

/**
 * The seconds between marks of this view.
 * @param {Span} view @param {number} width
 */
function stepOf(view, width) {
  const least = ((view.to - view.from) * APART) / Math.max(width, 1);
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / DAY) * DAY;
}

/**
 * The marks of a view, on round times of the reader's clock.
 * @param {Span} view
 * @param {number} width in pixels
 * @param {number} offset seconds by which the reader's clock is ahead of UTC
 * @returns {Tick[]}
 */
export function ticks(view, width, offset) {
  const step = stepOf(view, width);
  const first = Math.ceil((view.from + offset) / step) * step - offset;
  /** @type {Tick[]} */
  const found = [];
  for (let at = first; at <= view.to && found.length < MOST; at += step) found.push({ at, grain: grainOf(at + offset, step) });
  return found;
}

/** @param {number} local @param {number} step @returns {Grain} */
function grainOf(local, step) {
  if (local % DAY === 0) return "day";
  return step % MINUTE === 0 ? "minute" : "second";
}
