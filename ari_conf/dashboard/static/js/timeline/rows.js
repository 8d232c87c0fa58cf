// @ts-check
// The rows of a timeline and the bars in them, made of what the controller tells. Pure.

import { addressOf, nameOf } from "../rooms.js";
import { spanOf } from "./segments.js";

/** @typedef {import("./scale.js").Span} Span */
/** @typedef {import("./segments.js").Segment} Segment */

/**
 * What a bar says. Each has a place of its own in its row (see `LANES`), so that no colour has to be told from another.
 * @typedef {"stay" | "waiting" | "hold" | "talk" | "muted" | "coaching" | "coached" | "recording" | "pause"} Kind
 */
/** @typedef {{kind: Kind, from: number, to: number, open: boolean, with?: string}} Bar `open`: it still goes on */
/**
 * @typedef {object} Row
 * @property {string} key
 * @property {"person" | "recording"} kind
 * @property {string} sid of the call, or of the recording
 * @property {string} name
 * @property {string} detail what stands below the name, or ""
 * @property {Bar[]} bars in order of time within each kind
 */

/** @typedef {{joined_at: number, left_at: number | null, reason_left: string | null, waited_until: number | null}} Stay */
/**
 * @typedef {object} Person
 * @property {string} call_sid @property {string | null} label @property {string} from @property {string} to
 * @property {string} direction @property {Stay[]} stays
 * @property {Segment[]} talk @property {Segment[]} muted @property {Segment[]} hold @property {Segment[]} coached
 * @property {{from: number, to: number | null, call_sid_to_coach: string}[]} coaching
 */
/**
 * @typedef {object} Recording
 * @property {string} sid @property {string} status @property {number} started_at @property {number | null} seconds
 * @property {string} source @property {Segment[]} segments
 * @property {import("../callback/words.js").Callback[]} callbacks
 */
/**
 * @typedef {object} Timeline
 * @property {{sid: string, account_sid: string, status: string, started_at: number | null}} conference
 * @property {number} now @property {number} begin @property {number | null} end
 * @property {Person[]} people @property {Recording[]} recordings
 * @property {import("../conference/event_words.js").ConferenceEvent[]} events @property {boolean} events_truncated
 */

/** A row's height, and where in it each kind of bar is: [from the top, height], in pixels. */
export const ROW_HEIGHT = 32;
/** @type {Record<Kind, [number, number]>} */
export const LANES = {
  stay: [5, 22],
  waiting: [5, 22],
  hold: [5, 22],
  coaching: [7, 3],
  coached: [8, 1.5],
  talk: [12, 8],
  muted: [22, 3],
  recording: [11, 10],
  pause: [15, 2],
};

/** In which order bars are drawn, the first at the bottom. @type {Kind[]} */
export const ORDER = ["stay", "waiting", "hold", "pause", "recording", "talk", "muted", "coaching", "coached"];

/**
 * One row for each recording, then one for each person in order of joining.
 * @param {Timeline} timeline @param {number} now
 * @returns {Row[]}
 */
export function rowsOf(timeline, now) {
  const names = new Map(timeline.people.map((person) => [person.call_sid, nameOf(person)]));
  return [
    ...timeline.recordings.map((recording) => recordingRow(recording, now)),
    ...timeline.people.map((person) => personRow(person, names, timeline, now)),
  ];
}

/** @param {Person} person @param {Map<string, string>} names @param {Timeline} timeline @param {number} now @returns {Row} */
function personRow(person, names, timeline, now) {
  const coaching = person.coaching.map(({ from, to, call_sid_to_coach }) => ({
    .../** @type {Bar} */ (bars("coaching", [[from, to]], now)[0]),
    with: names.get(call_sid_to_coach) ?? call_sid_to_coach,
  }));
  return {
    key: person.call_sid,
    kind: "person",
    sid: person.call_sid,
    name: nameOf(person),
    detail: person.label ? addressOf(person) : "",
    bars: [
      ...bars("stay", person.stays.map((stay) => [stay.joined_at, stay.left_at]), now),
      ...bars("waiting", person.stays.flatMap((stay) => waitOf(stay, timeline.conference.started_at)), now),
      ...bars("hold", person.hold, now),
      ...bars("talk", person.talk, now),
      ...bars("muted", person.muted, now),
      ...coaching,
      ...bars("coached", person.coached, now),
    ],
  };
}

/**
 * How long a stay has waited: until it says, else until the conference began, if it has.
 * @param {Stay} stay @param {number | null} started
 * @returns {Segment[]}
 */
export function waitOf(stay, started) {
  if (stay.waited_until === null && started !== null && started <= stay.joined_at) return [];
  const ends = [stay.waited_until ?? started, stay.left_at].filter((at) => at !== null);
  const until = ends.length ? Math.min(...ends) : null;
  return until !== null && until <= stay.joined_at ? [] : [[stay.joined_at, until]];
}

/** @param {Recording} recording @param {number} now @returns {Row} */
function recordingRow(recording, now) {
  const recorded = bars("recording", recording.segments, now);
  /** @type {Bar[]} */
  const pauses = recorded.slice(1).map((bar, index) => ({ kind: "pause", from: recorded[index].to, to: bar.from, open: false }));
  const last = recorded.at(-1);
  if (recording.status === "paused" && last !== undefined && last.to < now) {
    pauses.push({ kind: "pause", from: last.to, to: now, open: true });
  }
  return { key: recording.sid, kind: "recording", sid: recording.sid, name: "Recording", detail: "", bars: [...recorded, ...pauses] };
}

/** @param {Kind} kind @param {Segment[]} segments @param {number} now @returns {Bar[]} */
const bars = (kind, segments, now) =>
  segments.map((segment) => ({ kind, ...spanOf(segment, now), open: segment[1] === null }));

/**
 * The bars of a row that are there at an instant, give or take `slack` seconds: what a pointer is on.
 * @param {Row} row @param {number} at @param {number} slack
 */
export const barsAt = (row, at, slack) => row.bars.filter((bar) => bar.from - slack <= at && at <= bar.to + slack);
