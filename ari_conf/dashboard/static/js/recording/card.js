// @ts-check
/** Recordings in a list, each with what is known of it and, when it is finished, a player. */

import { h } from "../dom.js";
import { duration, shortSid, time } from "../format.js";
import { player } from "./player.js";

/**
 * @typedef {object} Recorded
 * @property {string} sid @property {string} accountSid @property {string} status @property {number | null} startedAt
 * @property {number | null} seconds @property {string} source
 * @property {string | null} [conferenceSid] @property {string | null} [callSid]
 * @property {string} [version] differs when something else of it has changed
 * @property {HTMLElement[]} [callbacks] rows of those that have told of it
 */

/** @type {Record<string, string>} */
const WORDS = {
  "in-progress": "recording now",
  paused: "paused",
  stopped: "being finished",
  processing: "being finished",
  absent: "nothing usable in it",
  failed: "failed",
  deleted: "deleted",
};

/** @type {Record<string, string>} */
const SOURCES = {
  Conference: "of the conference",
  DialVerb: "by <Dial record>",
  RecordVerb: "by <Record>",
  OutboundAPI: "of a placed call",
  StartCallRecordingAPI: "started over REST",
};

/**
 * A recording as a list item.
 * @param {Recorded} recorded @param {{links?: boolean}} [how] `links`: say where it was made
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function recordingCard(recorded, { links = false } = {}) {
  const { sid, status, startedAt, seconds, source, conferenceSid, callSid, callbacks = [] } = recorded;
  const playing = status === "completed" ? player(recorded) : null;
  const of = conferenceSid ? ["Conference", `/dashboard/conferences/${conferenceSid}`] : callSid ? ["Call", `/dashboard/calls/${callSid}`] : null;
  const element = h(
    "li",
    { class: "recording", dataset: { sid } },
    h(
      "div",
      { class: "recording-facts" },
      h("strong", {}, time(startedAt, { seconds: true })),
      seconds === null ? null : h("span", {}, duration(seconds)),
      WORDS[status] ? h("span", { class: ["pill", status === "in-progress" ? "bad" : "warn"] }, WORDS[status]) : null,
      h("span", { class: "soft" }, SOURCES[source] ?? source),
      links && of ? h("a", { href: of[1] }, of[0]) : null,
      h("span", { class: "soft mono", title: sid }, shortSid(sid)),
    ),
    playing?.element ?? null,
    callbacks.length ? h("ul", { class: "rows", "aria-label": "Callbacks of this recording" }, callbacks) : null,
  );
  return { element, close: () => playing?.close() };
}

/** A list of recordings that is brought up to date: those that have not changed go on playing. */
export function recordingsList() {
  const element = h("ul", { class: "recordings" });
  /** @type {Map<string, {state: string, card: ReturnType<typeof recordingCard>}>} */
  const cards = new Map();
  return {
    element,
    /** @param {Recorded[]} all @param {{links?: boolean}} [how] */
    show(all, how) {
      for (const recorded of all) {
        const state = `${recorded.status} ${recorded.seconds} ${recorded.version ?? ""}`;
        const before = cards.get(recorded.sid);
        if (before?.state === state) continue;
        const card = recordingCard(recorded, how);
        cards.set(recorded.sid, { state, card });
        if (before === undefined) element.append(card.element);
        else before.card.element.replaceWith(card.element);
        before?.card.close();
      }
    },
    close() {
      for (const { card } of cards.values()) card.close();
    },
  };
}
