// @ts-check
/** A room as a card. */

import { attribute, h, replace, text } from "../dom.js";
import { clock, counted, duration, number, shortSid } from "../format.js";
import { nameOf } from "../rooms.js";
import { pill, recordingWords, whyEnded } from "../states.js";
import { showPeople, touchPeople } from "./people.js";

/** Above so many, those who talk are named on top: their lines may be out of sight. */
const MANY = 10;
const NAMED = 3;

/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {(person: import("../rooms.js").Participant) => boolean} Wanted */

export class RoomCard {
  /** @param {Room} room @param {boolean} withAccount whether rooms of several accounts are shown */
  constructor(room, withAccount) {
    this.name = h("bdi");
    this.words = h("span", { class: "words" });
    this.facts = h("p", { class: "facts" });
    this.lasts = h("span", { class: "lasts" });
    this.talkers = h("p", { class: "talkers", hidden: true });
    this.list = h("ul", { class: "people" });
    this.region = h("div", { class: "people-region", hidden: true }, this.list);
    const title = h("h3", {}, h("a", { href: `/dashboard/conferences/${room.sid}` }, this.name));
    this.element = h("article", { class: "room card" }, h("header", {}, h("div", { class: "room-title" }, title, this.words), this.facts, this.talkers), this.region);
    this.account = withAccount ? shortSid(room.account_sid) : "";
    /** @type {Map<unknown, Element>} */
    this.lines = new Map();
    this.shownWords = "";
    this.shownFacts = "";
  }

  /**
   * Show the room whole.
   * @param {Room} room @param {Wanted} wanted @param {number} now
   */
  show(room, wanted, now) {
    this.lines = showPeople(this.list, room, wanted);
    this.region.hidden = this.lines.size === 0;
    // What can be scrolled must be reached by keyboard.
    const scrolls = this.lines.size > MANY;
    attribute(this.region, "tabindex", scrolls ? 0 : null);
    attribute(this.region, "role", scrolls ? "region" : null);
    attribute(this.region, "aria-label", scrolls ? `Participants of ${room.friendly_name}` : null);
    this.head(room, now);
  }

  /**
   * Show what has changed.
   * @param {Room} room @param {Set<string>} callSids @param {Wanted} wanted @param {number} now
   */
  touch(room, callSids, wanted, now) {
    if (touchPeople(this.lines, room, [...callSids].filter((callSid) => this.isMeant(room, callSid, wanted)))) this.head(room, now);
    else this.show(room, wanted, now);
  }

  /** @param {Room} room @param {string} callSid @param {Wanted} wanted */
  isMeant(room, callSid, wanted) {
    const person = room.people.get(callSid);
    return !person || wanted(person) || this.lines.has(callSid);
  }

  /** @param {Room} room @param {number} now */
  head(room, now) {
    text(this.name, room.friendly_name);
    const words = recordingWords(room);
    const shown = words.map((word) => word.text).join();
    if (shown !== this.shownWords) replace(this.words, ...words.map(pill));
    this.shownWords = shown;
    attribute(this.element, "data-status", room.status);
    const facts = room.status === "completed" ? ended(room) : there(room);
    if (this.account) facts.push(this.account);
    const shownFacts = facts.join(" · ");
    if (shownFacts !== this.shownFacts) replace(this.facts, ...facts.map((fact) => [h("span", {}, fact), " · "]), this.lasts);
    this.shownFacts = shownFacts;
    this.tick(room, now);
    this.nameTalkers(room);
  }

  /** @param {Room} room @param {number} now */
  tick(room, now) {
    text(this.lasts, duration((room.ended_at ?? now) - (room.started_at ?? room.created_at)));
  }

  /** @param {Room} room */
  nameTalkers(room) {
    const many = room.people.size > MANY;
    this.talkers.hidden = !many;
    if (!many) return;
    const names = [];
    for (const person of room.people.values()) if (person.talking && names.length < NAMED) names.push(nameOf(person));
    const more = room.talking - names.length;
    text(this.talkers, names.length ? `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}` : "nobody");
  }
}

/** @param {Room} room */
function there(room) {
  const facts = [counted(room.participants, "participant"), `${number(room.talking)} talking`];
  if (room.expected) facts.push(`${room.expected} being called`);
  if (room.region) facts.push(room.region);
  facts.push(`since ${clock(room.started_at ?? room.created_at)}`);
  return facts;
}

/** @param {Room} room */
const ended = (room) => [`ended ${clock(room.ended_at ?? room.created_at)}`, whyEnded(room.reason_ended)].filter(Boolean);
