// @ts-check
// What a timeline says in words: lengths, and what a bar stands for.

import { timeOfDay } from "../format.js";

/** @typedef {import("./rows.js").Bar} Bar */
/** @typedef {import("./rows.js").Kind} Kind */

/** What a kind of bar is called, for a legend. @type {Record<Kind, string>} */
export const NAMES = {
  stay: "There",
  waiting: "Waiting",
  hold: "On hold",
  talk: "Talking",
  muted: "Muted",
  coaching: "Coaching",
  coached: "Coached",
  recording: "Recording",
  pause: "Paused",
};

/**
 * A length of time as short as it can be said: 0.4 s, 12 s, 3 min 5 s, 1 h 2 min.
 * @param {number} seconds
 */
export function brief(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/**
 * What a bar says, with its times: "Talking 10:02:07 to 10:02:19 (12 s)".
 * @param {Bar} bar
 */
export function sentence(bar) {
  const what = bar.with === undefined ? NAMES[bar.kind] : `${NAMES[bar.kind]} ${bar.with}`;
  const length = brief(bar.to - bar.from);
  if (bar.open) return `${what} since ${timeOfDay(bar.from)} (${length})`;
  return `${what} ${timeOfDay(bar.from)} to ${timeOfDay(bar.to)} (${length})`;
}
