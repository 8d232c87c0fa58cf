// @ts-check
// Which stretch of time is in view, and where on it an instant is. Pure: no document, no clock.

/**
 * A stretch of time, in seconds since 1970.
 * @typedef {{from: number, to: number}} Span
 */

/** The shortest stretch that fills the view: nothing in a conference is told more exactly than a few hundredths of it. */
const SHORTEST_SECONDS = 2;

/** How much one press of a button or one notch of the wheel zooms. */
export const ZOOM_STEP = 1.5;

/** What of the view one press of a button or of a key moves it. */
export const PAN_STEP = 0.2;

/** @param {Span} span */
export const lengthOf = (span) => span.to - span.from;

/**
 * Where an instant is, in pixels from the left edge of what is `width` wide.
 * @param {Span} view @param {number} width @param {number} at
 */
export const placeOf = (view, width, at) => ((at - view.from) / lengthOf(view)) * width;

/**
 * Which instant is at `x` pixels; the inverse of `placeOf`.
 * @param {Span} view @param {number} width @param {number} x
 */
export const instantAt = (view, width, x) => view.from + (x / width) * lengthOf(view);

/**
 * What can be seen at all: from the beginning to the end, never shorter than the shortest view.
 * @param {number} begin @param {number} end
 * @returns {Span}
 */
export function whole(begin, end) {
  return { from: begin, to: Math.max(end, begin + SHORTEST_SECONDS) };
}

/**
 * The view moved back into what there is, and made no longer than that.
 * @param {Span} view @param {Span} all
 * @returns {Span}
 */
export function within(view, all) {
  const length = Math.min(lengthOf(view), lengthOf(all));
  const from = Math.min(Math.max(view.from, all.from), all.to - length);
  return { from, to: from + length };
}

/**
 * The view `factor` times as long (below 1: nearer), with `at` staying where it is on the screen.
 * @param {Span} view @param {Span} all @param {number} factor @param {number} at
 * @returns {Span}
 */
export function zoomed(view, all, factor, at) {
  const length = Math.min(Math.max(lengthOf(view) * factor, SHORTEST_SECONDS), lengthOf(all));
  const share = (at - view.from) / lengthOf(view);
  const from = at - share * length;
  return within({ from, to: from + length }, all);
}

/**
 * The view moved by `seconds`, as far as there is something.
 * @param {Span} view @param {Span} all @param {number} seconds
 * @returns {Span}
 */
export const panned = (view, all, seconds) => within({ from: view.from + seconds, to: view.to + seconds }, all);

/**
 * The view moved as little as needed for a stretch of time to be in it, as far as it fits.
 * @param {Span} view @param {Span} all @param {Span} wanted
 * @returns {Span}
 */
export function showing(view, all, wanted) {
  if (wanted.from < view.from || lengthOf(wanted) > lengthOf(view)) return panned(view, all, wanted.from - view.from);
  return wanted.to > view.to ? panned(view, all, wanted.to - view.to) : view;
}

/**
 * The view when time has passed: what showed the present goes on showing it, what looks at the past stays.
 * @param {Span} view @param {Span} before what there was @param {Span} now what there is
 * @returns {Span}
 */
export function followed(view, before, now) {
  if (view.from <= before.from && view.to >= before.to) return now;
  if (view.to < before.to) return within(view, now);
  return within({ from: now.to - lengthOf(view), to: now.to }, now);
}
