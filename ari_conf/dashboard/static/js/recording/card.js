// @ts-check
/** Recordings in a list, each with what is known of it and, when it is finished, a player. */

import { h, keyed } from "../dom.js";
import { duration, shortSid, time } from "../format.js";
import { secondsOf } from "../rest_list.js";
import { player } from "./player.js";

/**
 * @typedef {object} Recorded
 * @property {string} sid @property {string} accountSid @property {string} status @property {number | null} startedAt
 * @property {number | null} seconds @property {string} source
 * @property {string | null} [conferenceSid] @property {string | null} [callSid]
 * @property {Callback[]} [callbacks] those that have told of it
 */

/** @typedef {import("../callback/words.js").Callback} Callback */
/** @typedef {(callback: Callback) => import("../callback/row.js").CallbackRow} Row */

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
 * The state of a recording; nothing of one that is there to be heard.
 * @param {string} status
 */
export const recordingPill = (status) =>
  WORDS[status] ? h("span", { class: ["pill", status === "in-progress" ? "bad" : "warn"] }, WORDS[status]) : null;

/**
 * What a card shows of a recording.
 * @param {any} one as REST has it
 * @returns {Recorded}
 */
export const recorded = (one) => ({
  sid: one.sid,
  accountSid: one.account_sid,
  status: one.status,
  startedAt: secondsOf(one.start_time),
  seconds: one.duration === null ? null : Number(one.duration),
  source: one.source,
  conferenceSid: one.conference_sid,
  callSid: one.call_sid,
});

/**
 * A recording as a list item.
 * @param {Recorded} recording
 * @param {{links?: boolean, row?: Row}} [how] `links`: say where it was made; `row` makes those of `callbacks`
 * @returns {{element: HTMLElement, tell: (callbacks?: Callback[]) => void, close: () => void}}
 */
export function recordingCard(recording, { links = false, row } = {}) {
  const { sid, status, startedAt, seconds, source, conferenceSid, callSid } = recording;
  const callbacks = h("ul", { class: "rows", "aria-label": "Callbacks of this recording", hidden: true });
  /** @type {Map<string, import("../callback/row.js").CallbackRow>} */
  const rows = new Map();
  const playing = status === "completed" ? player(recording) : null;
  const of = conferenceSid ? ["Conference", `/dashboard/conferences/${conferenceSid}`] : callSid ? ["Call", `/dashboard/calls/${callSid}`] : null;
  const element = h(
    "li",
    { class: "recording", dataset: { sid } },
    h(
      "div",
      { class: "recording-facts" },
      h("strong", {}, time(startedAt, { seconds: true })),
      seconds === null ? null : h("span", {}, duration(seconds)),
      recordingPill(status),
      h("span", { class: "soft" }, SOURCES[source] ?? source),
      links && of ? h("a", { href: of[1] }, of[0]) : null,
      h("span", { class: "soft mono", title: sid }, shortSid(sid)),
    ),
    playing?.element ?? null,
    callbacks,
  );

  /** @param {Callback} callback */
  function rowOf(callback) {
    let made = rows.get(callback.token);
    if (made === undefined) rows.set(callback.token, (made = /** @type {Row} */ (row)(callback)));
    return made;
  }

  /** Bring the callbacks up to date, and touch nothing else. @param {Callback[]} [all] */
  function tell(all = []) {
    callbacks.hidden = all.length === 0;
    keyed(callbacks, all, ({ token }) => token, (one) => rowOf(one).element, (_, one) => rowOf(one).show(one));
  }

  return { element, tell, close: () => playing?.close() };
}

/**
 * A list of recordings that is brought up to date: those that have not changed go on playing, whatever becomes of their callbacks.
 * @param {Row} [row] makes the rows of callbacks
 */
export function recordingsList(row) {
  const element = h("ul", { class: "recordings" });
  /** @type {Map<string, {state: string, card: ReturnType<typeof recordingCard>}>} */
  const cards = new Map();
  return {
    element,
    /** @param {Recorded[]} all */
    show(all) {
      for (const recording of all) {
        const { sid, callbacks } = recording;
        const state = `${recording.status} ${recording.seconds}`;
        const before = cards.get(sid);
        if (before?.state !== state) {
          const card = recordingCard(recording, { row });
          cards.set(sid, { state, card });
          if (before === undefined) element.append(card.element);
          else before.card.element.replaceWith(card.element);
          before?.card.close();
        }
        cards.get(sid)?.card.tell(callbacks);
      }
    },
    close() {
      for (const { card } of cards.values()) card.close();
    },
  };
}
