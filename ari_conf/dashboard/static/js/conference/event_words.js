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

/** Stands for the name of whom it concerns. */
export const WHO = "{who}";

/** @type {Record<string, (details: Record<string, string>) => string>} */
const SAID = {
  "conference-start": () => "The conference started",
  "conference-end": ({ reason }) => `The conference ended${reason ? `: ${ENDED[reason] ?? reason}` : ""}`,
  "participant-join": () => `${WHO} joined`,
  "participant-leave": ({ reason }) => `${WHO} left${reason ? `: ${LEFT[reason] ?? reason}` : ""}`,
  "participant-mute": () => `${WHO} was muted`,
  "participant-unmute": () => `${WHO} was unmuted`,
  "participant-hold": () => `${WHO} was put on hold`,
  "participant-unhold": () => `${WHO} was taken off hold`,
  "participant-modify": () => `${WHO} was changed`,
  "participant-speech-start": () => `${WHO} began to talk`,
  "participant-speech-stop": () => `${WHO} stopped talking`,
  "announcement-end": () => `An announcement to ${WHO} ended`,
  "announcement-fail": ({ failure }) => `An announcement to ${WHO} failed${failure ? `: ${failure}` : ""}`,
  "recording-start": () => "The recording started",
  "recording-pause": () => "The recording was paused",
  "recording-resume": () => "The recording went on",
  "recording-stop": () => "The recording stopped",
};

/** @param {ConferenceEvent} event */
const isSpeech = ({ event }) => event.startsWith("participant-speech-");

/**
 * What happened, in a sentence in which `WHO` stands for a name.
 * @param {ConferenceEvent} event
 */
export const eventWords = ({ event, call_sid: callSid, details }) => SAID[event]?.(details) ?? (callSid === null ? event : `${event}: ${WHO}`);

/** Which events a list shows. @type {Record<string, {words: string, fits: (event: ConferenceEvent) => boolean}>} */
export const FILTERS = {
  quiet: { words: "All but talking", fits: (event) => !isSpeech(event) },
  all: { words: "All", fits: () => true },
  told: { words: "With a callback", fits: (event) => event.callback !== null },
  failed: { words: "Whose callback has failed", fits: ({ callback }) => callback !== null && troubled(callback) },
};

/** @param {import("../callback/words.js").Callback} callback */
const troubled = ({ state, attempts }) => state === "given-up" || (state === "owed" && attempts > 0);
