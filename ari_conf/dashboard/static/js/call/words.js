// @ts-check
/** What a call is, in words. */

import { h } from "../dom.js";

/** @type {Record<string, string>} */
export const DIRECTIONS = { inbound: "in", "outbound-api": "out, over REST", "outbound-dial": "out, by <Dial>" };

/** @type {Record<string, [string, string]>} */
const STATUSES = {
  queued: ["queued", "warn"],
  initiated: ["being placed", "warn"],
  ringing: ["ringing", "warn"],
  "in-progress": ["in progress", "good"],
  completed: ["completed", ""],
  busy: ["busy", "bad"],
  failed: ["failed", "bad"],
  "no-answer": ["no answer", "bad"],
  canceled: ["canceled", ""],
};

/** Statuses of calls that are not over. */
export const LIVE = ["queued", "initiated", "ringing", "in-progress"];

/** @param {string} status */
export function callPill(status) {
  const [word, look] = STATUSES[status] ?? [status, ""];
  return h("span", { class: ["pill", look] }, word);
}
