// @ts-check
// What happened in a conference, in words. Pure.

/**
 * @typedef {object} ConferenceEvent
 * @property {number} number @property {string} event @property {number} at @property {string | null} call_sid
 * @property {number | null} sequence_number @property {Record<string, string>} details
 * @property {import("../callback/words.js").Callback | null} callback
 */

/** @type {Record<string, string>} */
const LEFT = {
  participant_hung_up: "hung up",
  participant_updated_via_api: "was removed",
  conference_ended_via_api: "the conference was ended",
  moderator_ended_conference: "the moderator left",
  participant_add_failed: "did not come",
};

/** @type {Record<string, string>} */
const ENDED = {
  "conference-ended-via-api": "it was ended by a request",
  "last-participant-kicked": "the last participant was removed",
  "last-participant-left": "the last participant left",
  "participant-with-end-conference-on-exit-kicked": "a participant whose leaving ends it was removed",
  "participant-with-end-conference-on-exit-left": "a participant whose leaving ends it left",
};

/** @type {Record<string, (who: string, details: Record<string, string>) => string>} */
const SAID = {
  "conference-start": () => "The conference started",
  "conference-end": (_who, { reason }) => `The conference ended${reason ? `: ${ENDED[reason] ?? reason}` : ""}`,
  "participant-join": (who) => `${who} joined`,
  "participant-leave": (who, { reason }) => `${who} left${reason ? `: ${LEFT[reason] ?? reason}` : ""}`,
  "participant-mute": (who) => `${who} was muted`,
  "participant-unmute": (who) => `${who} was unmuted`,
  "participant-hold": (who) => `${who} was put on hold`,
  "participant-unhold": (who) => `${who} was taken off hold`,
  "participant-modify": (who) => `${who} was changed`,
  "participant-speech-start": (who) => `${who} began to talk`,
  "participant-speech-stop": (who) => `${who} stopped talking`,
  "announcement-end": (who) => `An announcement to ${who} ended`,
  "announcement-fail": (who, { failure }) => `An announcement to ${who} failed${failure ? `: ${failure}` : ""}`,
  "recording-start": () => "The recording started",
  "recording-pause": () => "The recording was paused",
  "recording-resume": () => "The recording went on",
  "recording-stop": () => "The recording stopped",
};

/** @param {ConferenceEvent} event */
export const isSpeech = ({ event }) => event.startsWith("participant-speech-");

/**
 * What happened, in a sentence.
 * @param {ConferenceEvent} event
 * @param {(callSid: string) => string} name how somebody is called
 */
export function eventWords({ event, call_sid: callSid, details }, name) {
  const who = callSid === null ? "everybody" : name(callSid);
  return SAID[event]?.(who, details) ?? (callSid === null ? event : `${event}: ${who}`);
}

/** Which events a list shows. @type {Record<string, {words: string, fits: (event: ConferenceEvent) => boolean}>} */
export const FILTERS = {
  quiet: { words: "All but talking", fits: (event) => !isSpeech(event) },
  all: { words: "All", fits: () => true },
  told: { words: "With a callback", fits: (event) => event.callback !== null },
  failed: { words: "Whose callback has failed", fits: ({ callback }) => callback !== null && troubled(callback) },
};

/** @param {import("../callback/words.js").Callback} callback */
export const troubled = ({ state, attempts }) => state === "given-up" || (state === "owed" && attempts > 0);
