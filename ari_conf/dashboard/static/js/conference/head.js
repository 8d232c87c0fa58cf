// @ts-check
/** A room's name, how it is, and what can be done to it. */

import { attribute, h, replace, text } from "../dom.js";
import { counted, duration, number, time } from "../format.js";
import { icon } from "../icons.js";
import { pill, recordingWords, statusWord, whyEnded } from "../states.js";
import { announce } from "./announce.js";
import { end, muteAll, toggleRecording } from "./deeds.js";
import { dialIn } from "./dial.js";

/** @typedef {import("../rooms.js").Room} Room */

export class RoomHead {
  /** @param {Room} room @param {boolean} canAct */
  constructor(room, canAct) {
    this.room = room;
    this.canAct = canAct;
    this.name = h("bdi");
    this.words = h("span", { class: "words" });
    this.facts = h("dl", { class: "room-facts" });
    this.lasts = h("span");
    this.announce = this.button("announce", "Announce", () => announce(this.room));
    this.dial = this.button("add", "Call somebody in", () => dialIn(this.room));
    this.mute = this.button("muted", "Mute all", () => muteAll(this.room));
    this.record = this.button("hold", "", () => toggleRecording(this.room));
    this.end = this.button("end", "End", () => end(this.room), "dangerous");
    this.buttons = [this.announce, this.dial, this.mute, this.record, this.end];
    this.deeds = h("div", { class: "room-deeds", role: "group", "aria-label": "What can be done" }, ...this.buttons);
    const title = h("div", { class: "page-head" }, h("h1", {}, this.name), this.words);
    this.element = h("header", { class: "room-head" }, h("div", {}, title, this.facts), this.deeds);
    this.shown = "";
    this.show(room, room.created_at);
  }

  /** @param {import("../icons.js").Icon} drawing @param {string} label @param {() => unknown} run @param {string} [kind] */
  button(drawing, label, run, kind = "") {
    return h("button", { type: "button", class: ["button", kind], onclick: run }, icon(drawing), h("span", {}, label));
  }

  /** @param {Room} room @param {number} now */
  show(room, now) {
    this.room = room;
    text(this.name, room.friendly_name);
    const words = [statusWord(room), ...recordingWords(room)];
    const facts = factsOf(room);
    const shown = JSON.stringify([words, room.participants, room.talking, room.expected, room.ended_at, room.started_at]);
    if (shown !== this.shown) {
      replace(this.words, ...words.map(pill));
      replace(this.facts, ...facts.map(fact), fact(["Duration", this.lasts]), fact(["SID", h("span", { class: "mono" }, room.sid)]));
    }
    this.shown = shown;
    this.deeds.hidden = room.status === "completed";
    this.record.hidden = room.recording === "off";
    text(/** @type {HTMLElement} */ (this.record.lastElementChild), room.recording === "paused" ? "Resume recording" : "Pause recording");
    for (const button of this.buttons) attribute(button, "disabled", !this.canAct || (button === this.announce && room.status !== "in-progress"));
    this.tick(now);
  }

  /** @param {number} now */
  tick(now) {
    text(this.lasts, duration((this.room.ended_at ?? now) - (this.room.started_at ?? this.room.created_at)));
  }
}

/** @param {Room} room @returns {[string, Node | string][]} */
function factsOf(room) {
  /** @type {[string, Node | string][]} */
  const facts = [];
  if (room.status !== "completed") {
    const most = room.max_participants === null ? "" : ` of ${number(room.max_participants)}`;
    facts.push(["Participants", `${number(room.participants)}${most}`], ["Talking", number(room.talking)]);
    if (room.expected) facts.push(["Being called", counted(room.expected, "person", "people")]);
  }
  facts.push(room.started_at === null ? ["Waiting since", time(room.created_at)] : ["Started", time(room.started_at)]);
  if (room.ended_at !== null) facts.push(["Ended", time(room.ended_at)], ["Because", whyEnded(room.reason_ended) || "–"]);
  if (room.region) facts.push(["Region", room.region]);
  return facts;
}

/** @param {[string, Node | string]} fact */
const fact = ([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
