// @ts-check
/** What goes on, kept from the messages of the live feed. Nothing here touches a page. */

import { phone } from "./format.js";

/**
 * @typedef {object} Participant
 * @property {string} call_sid
 * @property {string | null} label
 * @property {string} from
 * @property {string} to
 * @property {string} direction
 * @property {string} status of the call, in the words of REST
 * @property {number | null} joined_at null while being called
 * @property {boolean} muted
 * @property {boolean} hold
 * @property {boolean} coaching
 * @property {string | null} call_sid_to_coach
 * @property {boolean} waiting
 * @property {boolean} talking
 * @property {number | null} talking_since
 * @property {boolean} start_conference_on_enter
 * @property {boolean} end_conference_on_exit
 */

/** @typedef {{sid: string, status: string, started_at: number, source: string}} LiveRecording */

/**
 * @typedef {object} Head
 * @property {string} sid
 * @property {string} account_sid
 * @property {string} friendly_name
 * @property {"init" | "in-progress" | "completed"} status
 * @property {string | null} region
 * @property {number} created_at
 * @property {number | null} started_at
 * @property {number | null} ended_at
 * @property {string | null} reason_ended
 * @property {"off" | "on" | "paused"} recording
 * @property {number} participants
 * @property {number} talking
 * @property {number} expected
 * @property {number | null} max_participants null when it is not known any more
 */

/** @typedef {Head & {people: Map<string, Participant>, recordings: LiveRecording[]}} Room */

/** @typedef {{conferences: Set<string>, participants: Map<string, Set<string>>}} Touched what a message has changed, by SIDs */

/**
 * Return the rooms of a snapshot.
 * @param {(Head & {people: Participant[], recordings: LiveRecording[]})[]} conferences
 * @returns {Map<string, Room>}
 */
export function fromSnapshot(conferences) {
  return new Map(
    conferences.map((one) => [one.sid, { ...one, people: new Map(one.people.map((person) => [person.call_sid, person])) }]),
  );
}

/**
 * Take up a change.
 * @param {Map<string, Room>} rooms
 * @param {{conferences: Record<string, Head | null>, participants: Record<string, Record<string, Participant | null>>}} change
 * @returns {Touched}
 */
export function takeUp(rooms, { conferences, participants }) {
  for (const [sid, head] of Object.entries(conferences)) {
    const room = rooms.get(sid);
    if (head === null) rooms.delete(sid);
    else if (room) Object.assign(room, head);
    else rooms.set(sid, { ...head, people: new Map(), recordings: [] });
  }
  for (const [sid, changed] of Object.entries(participants)) {
    const people = rooms.get(sid)?.people;
    if (!people) continue;
    for (const [callSid, person] of Object.entries(changed)) {
      if (person === null) people.delete(callSid);
      else people.set(callSid, person);
    }
  }
  return {
    conferences: new Set(Object.keys(conferences)),
    participants: new Map(Object.entries(participants).map(([sid, changed]) => [sid, new Set(Object.keys(changed))])),
  };
}

/** @typedef {Pick<Participant, "call_sid" | "label" | "from" | "to" | "direction">} Called */

/**
 * Return the number, client or SIP URI at the other end of a participant's call; the Call SID if it is not known.
 * @param {Called} person
 */
export const addressOf = ({ direction, from, to, call_sid: callSid }) => (direction === "inbound" ? from || to : to || from) || callSid;

/**
 * Return what a participant is called: the label as it was given, else the address as people write it.
 * @param {Called} person
 */
export const nameOf = (person) => person.label ?? phone(addressOf(person));

/**
 * Whether somebody is being called, and not there yet.
 * @param {Participant} person
 */
export const isCalled = (person) => person.joined_at === null;
