// @ts-check
/** Times, lengths, numbers and addresses as people read them. Times are seconds since 1970, shown in local time. */

import { h } from "./dom.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const CLOCK_SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY_SECONDS = 24 * HOUR;

/** @param {number} at @returns {Date} */
const date = (at) => new Date(at * 1000);

/** @param {number} at @param {number} now */
const sameDay = (at, now) => date(at).toDateString() === date(now).toDateString();

/**
 * Return the time of day, without the day.
 * @param {number} at @param {boolean} [seconds]
 */
export const timeOfDay = (at, seconds = true) => (seconds ? CLOCK_SECONDS : CLOCK).format(date(at));

/**
 * Return the time of day, preceded by the day if that is not today.
 * @param {number} at
 * @param {{seconds?: boolean, now?: number}} [how]
 */
export function clock(at, { seconds = false, now = Date.now() / 1000 } = {}) {
  const time = timeOfDay(at, seconds);
  return sameDay(at, now) ? time : `${day(at, now)} ${time}`;
}

/**
 * Return the day, with its year if that is not this one.
 * @param {number} at
 * @param {number} [now]
 */
export function day(at, now = Date.now() / 1000) {
  const thisYear = date(at).getFullYear() === date(now).getFullYear();
  return (thisYear ? DAY : DAY_YEAR).format(date(at));
}

/**
 * Make a `<time>` that shows `clock(at)` and tells the full date on hover; a dash if it has not happened.
 * @param {number | null | undefined} at
 * @param {{seconds?: boolean}} [how]
 * @returns {HTMLElement}
 */
export function time(at, how) {
  if (at === null || at === undefined) return h("span", { class: "absent" }, "–");
  return h("time", { datetime: date(at).toISOString(), title: FULL.format(date(at)) }, clock(at, how));
}

/**
 * Return a length as 0:07, 12:31 or 1:02:09.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / HOUR), Math.floor((whole % HOUR) / MINUTE), whole % MINUTE];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * Return a length in words for reading aloud: "2 hours 5 minutes", "7 seconds".
 * @param {number} seconds
 */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / HOUR), "hour"],
    [Math.floor((whole % HOUR) / MINUTE), "minute"],
    [whole % MINUTE, "second"],
  ];
  const said = parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return said.slice(0, 2).join(" ") || "0 seconds";
}

/**
 * Return how long ago, or in how long: "5 minutes ago", "in 2 hours".
 * @param {number} at
 * @param {number} [now]
 */
export function relative(at, now = Date.now() / 1000) {
  const passed = at - now;
  const size = Math.abs(passed);
  if (size < MINUTE) return AGO.format(Math.trunc(passed), "second");
  if (size < HOUR) return AGO.format(Math.trunc(passed / MINUTE), "minute");
  if (size < DAY_SECONDS) return AGO.format(Math.trunc(passed / HOUR), "hour");
  return AGO.format(Math.trunc(passed / DAY_SECONDS), "day");
}

/** @param {number} value */
export const number = (value) => NUMBER.format(value);

/**
 * Return "1 participant", "12 participants".
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/**
 * Return a size as 512 B, 12 kB, 3.4 GB.
 * @param {number} size
 */
export function bytes(size) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(size, 1)) / 3)));
  return `${number(size / 1000 ** step)} ${units[step]}`;
}

/**
 * Return a number, a client or a SIP URI as people write it.
 * @param {string} address
 */
export function phone(address) {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(address);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  if (/^sips?:/.test(address)) return address.replace(/^sips?:|;.*$/g, "");
  return address.replace(/^client:/, "");
}

/**
 * Return the beginning of a SID and its end, which is enough to tell two apart by eye.
 * @param {string} sid
 */
export const shortSid = (sid) => (sid.length > 14 ? `${sid.slice(0, 6)}…${sid.slice(-4)}` : sid);
