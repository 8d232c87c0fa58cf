// @ts-check
/** What is to be said of a participant besides the name, and how a room is, in words. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { isCalled, nameOf } from "./rooms.js";

/** @typedef {{icon: import("./icons.js").Icon, text: string, kind: "" | "good" | "warn" | "bad" | "accent", short?: string}} State */

const CALLED = { queued: "to be called", initiated: "is being called", connecting: "is being called", ringing: "rings" };

/**
 * Return what is true of a participant, the gravest first.
 * @param {import("./rooms.js").Participant} person
 * @param {import("./rooms.js").Room} room
 * @returns {State[]}
 */
export function states(person, room) {
  /** @type {State[]} */
  const found = [];
  if (isCalled(person)) {
    const text = CALLED[/** @type {keyof typeof CALLED} */ (person.status)] ?? "is being called";
    found.push({ icon: "ringing", text, kind: "accent" });
  }
  if (person.hold) found.push({ icon: "hold", text: "on hold", kind: "warn" });
  if (person.muted) found.push({ icon: "muted", text: "muted", kind: "bad" });
  if (person.waiting) found.push({ icon: "waiting", text: "waiting", kind: "warn" });
  if (person.coaching) found.push({ icon: "coach", text: `coaches ${coached(person, room)}`, kind: "accent" });
  if (person.end_conference_on_exit) found.push({ icon: "moderator", text: "ends the conference by leaving", short: "ends on exit", kind: "" });
  return found;
}

/**
 * @param {import("./rooms.js").Participant} person
 * @param {import("./rooms.js").Room} room
 */
function coached(person, room) {
  const target = person.call_sid_to_coach && room.people.get(person.call_sid_to_coach);
  return target ? nameOf(target) : "somebody who has left";
}

/** @typedef {{text: string, kind: string, icon?: import("./icons.js").Icon, short?: string}} Word `short` is shown in its place, if there is one */

/** @type {Record<string, Word>} */
const STATUS = {
  init: { text: "Waiting", kind: "warn", icon: "waiting" },
  "in-progress": { text: "In progress", kind: "good" },
  completed: { text: "Ended", kind: "" },
};

/** @param {import("./rooms.js").Head} room */
export const statusWord = (room) => STATUS[room.status];

/**
 * Return whether a room is recorded; nothing if it is not.
 * @param {import("./rooms.js").Head} room
 * @returns {Word[]}
 */
export function recordingWords(room) {
  /** @type {Word[]} */
  const words = [];
  if (room.recording === "on") words.push({ text: "Recording", kind: "bad", icon: "recording" });
  if (room.recording === "paused") words.push({ text: "Recording paused", kind: "warn", icon: "hold" });
  return words;
}

/** @param {Word} word */
export const pill = ({ text, kind, icon: drawing, short }) => h("span", { class: ["pill", kind], title: short && text }, drawing && icon(drawing), short ?? text);

/**
 * Return why a conference has ended, in words.
 * @param {string | null} reason as Twilio calls it
 */
export const whyEnded = (reason) => (reason ?? "").replace(/^conference-ended-via-api$/, "ended by request").replaceAll("-", " ");
