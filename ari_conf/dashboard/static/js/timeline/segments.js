// @ts-check
// Stretches of time as they come from the controller: [from, to], where null as the end says that it still goes on. Pure.

/** @typedef {import("./scale.js").Span} Span */
/** @typedef {[number, number | null]} Segment */

/**
 * @param {Segment} segment @param {number} now
 * @returns {Span}
 */
export const spanOf = ([from, to], now) => ({ from, to: to ?? Math.max(now, from) });

/**
 * How many seconds all of them together last.
 * @param {Segment[]} segments @param {number} now
 */
export function total(segments, now) {
  return segments.map((segment) => spanOf(segment, now)).reduce((sum, span) => sum + span.to - span.from, 0);
}

/**
 * What of `spans`, which are in order of time, is in view; those between which nobody would see a gap become one.
 *
 * So a row costs no more than it has pixels, whatever somebody has said.
 * @param {Span[]} spans @param {Span} view @param {number} gap the shortest gap that can be seen, in seconds
 * @returns {Span[]}
 */
export function visible(spans, view, gap) {
  /** @type {Span[]} */
  const seen = [];
  for (const span of spans) {
    if (span.to < view.from || span.from > view.to) continue;
    const last = seen.at(-1);
    if (last !== undefined && span.from - last.to < gap) last.to = Math.max(last.to, span.to);
    else seen.push({ ...span });
  }
  return seen;
}

/**
 * What is left of `spans` without `holes`, both in order of time.
 * @param {Span[]} spans @param {Span[]} holes
 * @returns {Span[]}
 */
export function without(spans, holes) {
  return spans.flatMap((span) => {
    /** @type {Span[]} */
    const left = [];
    let from = span.from;
    for (const hole of holes) {
      if (hole.to <= from || hole.from >= span.to) continue;
      if (hole.from > from) left.push({ from, to: hole.from });
      from = Math.max(from, hole.to);
    }
    if (from < span.to) left.push({ from, to: span.to });
    return left;
  });
}
