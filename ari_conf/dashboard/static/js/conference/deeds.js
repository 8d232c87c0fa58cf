// @ts-check
/** What an operator does to a room and to those in it: asked first where it hurts, and told how it went. */

import { api } from "../api.js";
import { confirm, sentence, toast } from "../dialog.js";
import { counted } from "../format.js";
import { isCalled, nameOf } from "../rooms.js";

/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {import("../rooms.js").Participant} Participant */

/** Requests under way at once while all are muted. */
const AT_ONCE = 6;

/** @param {Room} room */
const roomPath = (room) => `/Conferences/${room.sid}`;

/** @param {Room} room @param {string} callSid */
const personPath = (room, callSid) => `${roomPath(room)}/Participants/${callSid}.json`;

/**
 * Do something, and show how it went.
 * @param {string} done what is said if it went well
 * @param {() => Promise<unknown>} deed
 */
async function attempt(done, deed) {
  try {
    await deed();
    toast(done);
  } catch (error) {
    toast(sentence(error), "bad");
  }
}

/**
 * Change a participant.
 * @param {Room} room
 * @param {Participant} person
 * @param {Record<string, string | boolean>} fields as REST has them
 */
export const change = (room, person, fields) => api.rest(room.account_sid, "POST", personPath(room, person.call_sid), fields);

/** @param {Room} room @param {Participant} person */
export const toggleMuted = (room, person) =>
  attempt(`${nameOf(person)} is ${person.muted ? "heard again" : "muted"}.`, () => change(room, person, { Muted: !person.muted }));

/** @param {Room} room @param {Participant} person */
export const toggleHold = (room, person) =>
  attempt(`${nameOf(person)} is ${person.hold ? "back in the conference" : "on hold"}.`, () => change(room, person, { Hold: !person.hold }));

/** @param {Room} room @param {Participant} person */
export const stopCoaching = (room, person) =>
  attempt(`${nameOf(person)} coaches no more, and is heard by all.`, () => change(room, person, { Coaching: false }));

/** @param {Room} room @param {Participant} person */
export async function remove(room, person) {
  const name = nameOf(person);
  const asked = isCalled(person)
    ? { title: `Give up calling ${name}?`, action: "Give up" }
    : { title: `Remove ${name}?`, text: `The call leaves ${room.friendly_name}, and goes on after its Dial if it has been told how; else it ends.`, action: "Remove" };
  if (!(await confirm({ ...asked, danger: true }))) return;
  await attempt(isCalled(person) ? `${name} is called no more.` : `${name} is removed.`, () => api.rest(room.account_sid, "DELETE", personPath(room, person.call_sid)));
}

/** @param {Room} room */
export async function end(room) {
  const text = `${counted(room.participants, "participant")} will be taken out of it. A conference that has ended cannot be taken up again.`;
  if (!(await confirm({ title: `End ${room.friendly_name}?`, text, action: "End the conference", danger: true }))) return;
  await attempt(`${room.friendly_name} is ended.`, () => api.rest(room.account_sid, "POST", `${roomPath(room)}.json`, { Status: "completed" }));
}

/** @param {Room} room */
export async function muteAll(room) {
  const loud = [...room.people.values()].filter((person) => !person.muted && !isCalled(person));
  if (!loud.length) {
    toast("All are muted already.");
    return;
  }
  const text = `${counted(loud.length, "participant")} will not be heard, coaches included, until they are unmuted one by one.`;
  if (!(await confirm({ title: `Mute all in ${room.friendly_name}?`, text, action: "Mute all" }))) return;
  const failures = await all(loud, (person) => change(room, person, { Muted: true }));
  if (failures.length) toast(`${loud.length - failures.length} are muted, ${failures.length} are not: ${sentence(failures[0])}`, "bad");
  else toast(`${counted(loud.length, "participant")} muted.`);
}

/**
 * Do something for each, a few at once; return what went wrong.
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => Promise<unknown>} deed
 */
async function all(items, deed) {
  /** @type {unknown[]} */
  const failures = [];
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await deed(item).catch((error) => failures.push(error));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}

/** @param {Room} room */
export function toggleRecording(room) {
  const paused = room.recording === "paused";
  const path = `${roomPath(room)}/Recordings/Twilio.CURRENT.json`;
  const fields = paused ? { Status: "in-progress" } : { Status: "paused" };
  return attempt(paused ? "The recording goes on." : "The recording is paused.", () => api.rest(room.account_sid, "POST", path, fields));
}
