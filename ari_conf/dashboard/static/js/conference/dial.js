// @ts-check
/** Somebody is called into a room. */

import { api } from "../api.js";
import { ask, toast } from "../dialog.js";
import { h } from "../dom.js";
import { phone } from "../format.js";

const FROM_KEPT = "ari_conf.dial_from";

/** @type {Record<string, string>} */
const OUTCOMES = { busy: "is busy", "no-answer": "did not answer", failed: "could not be reached", canceled: "is called no more" };

/** Calls that this page has placed, by Call SID, whose outcome is not known yet. */
const placed = new Map();

/** @typedef {import("../rooms.js").Room} Room */

/**
 * Ask whom to call, and call them.
 * @param {Room} room
 */
export async function dialIn(room) {
  const to = h("input", { name: "To", required: true, autocomplete: "off", spellcheck: "false", placeholder: "+15550101, client:1002 or sip:ann@example.com" });
  const from = h("input", { name: "From", required: true, autocomplete: "off", spellcheck: "false", value: callerId(room) });
  const label = h("input", { name: "Label", autocomplete: "off", maxlength: 128 });
  const muted = h("input", { name: "Muted", type: "checkbox", value: "true" });
  const done = await ask({
    title: `Call somebody into ${room.friendly_name}`,
    body: [
      h("label", { class: "field" }, h("span", {}, "Whom"), to),
      h("label", { class: "field" }, h("span", {}, "Caller ID"), from, h("span", { class: "hint" }, "The number that they see.")),
      h("label", { class: "field" }, h("span", {}, "Label"), label, h("span", { class: "hint" }, "A name for them in this conference; may be left out.")),
      h("label", { class: "check" }, muted, "They listen only, muted until you unmute them"),
    ],
    action: "Call",
    async submit(form) {
      const fields = { To: to.value.trim(), From: from.value.trim(), Label: label.value.trim() || null, Muted: form.get("Muted") };
      const made = await api.rest(room.account_sid, "POST", `/Conferences/${room.sid}/Participants.json`, /** @type {any} */ (fields));
      localStorage.setItem(FROM_KEPT, fields.From);
      placed.set(made.call_sid, fields.To);
    },
  });
  if (done) toast(`${phone(to.value.trim())} is being called.`);
}

/**
 * Say why somebody has not come whom this page has called.
 * @param {Room} room
 * @param {string} callSid of a participant who has changed or gone
 */
export async function tellOutcome(room, callSid) {
  const to = placed.get(callSid);
  const person = room.people.get(callSid);
  if (to === undefined || (person && person.joined_at === null)) return;
  placed.delete(callSid);
  if (person) return;
  const { status } = await api.rest(room.account_sid, "GET", `/Calls/${callSid}.json`);
  toast(`${phone(to)} ${OUTCOMES[status] ?? "did not come"}.`, "bad");
}

/** @param {Room} room */
function callerId(room) {
  const kept = localStorage.getItem(FROM_KEPT);
  if (kept) return kept;
  for (const person of room.people.values()) if (person.direction === "inbound" && person.to.startsWith("+")) return person.to;
  return "";
}
