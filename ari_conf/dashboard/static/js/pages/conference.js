// @ts-check
/** One conference: who is in it, what can be done, and what has happened. */

import { api, ApiError } from "../api.js";
import { announce } from "../conference/announce.js";
import { coach } from "../conference/coach.js";
import { remove, stopCoaching, toggleHold, toggleMuted } from "../conference/deeds.js";
import { tellOutcome } from "../conference/dial.js";
import { RoomHead } from "../conference/head.js";
import { openHistory } from "../conference/history.js";
import { PeopleList } from "../conference/people.js";
import { attribute, h, text } from "../dom.js";
import { number } from "../format.js";
import { openMenu } from "../menu.js";
import { isCalled, nameOf } from "../rooms.js";

export const styles = ["conference.css"];

/** From so many on, it is worth while to look for somebody. */
const MANY = 8;

/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {import("../rooms.js").Participant} Participant */
/** @typedef {import("../router.js").Context} Context */

/** @type {{label: string, meets: (person: Participant) => boolean}[]} */
const KINDS = [
  { label: "All", meets: () => true },
  { label: "Talking", meets: (person) => person.talking },
  { label: "Muted", meets: (person) => person.muted },
  { label: "On hold", meets: (person) => person.hold },
];

/** @type {import("../router.js").Page["open"]} */
export async function open(root, { sid }, context) {
  const room = await find(sid, context.live);
  const page = new ConferencePage(root, room, context);
  return { title: room.friendly_name, close: () => page.close() };
}

/** @param {string} sid @param {import("../live.js").Live} live @returns {Promise<Room>} */
async function find(sid, live) {
  await live.known();
  const room = live.rooms.get(sid) ?? (await kept(sid));
  if (!room) throw new ApiError(404, 20404, `There is no conference ${sid}, or none that you may see.`);
  return room;
}

/** Return a conference as the database has it, with nobody in it; null if it is not there. @param {string} sid @returns {Promise<Room | null>} */
async function kept(sid) {
  const { conferences } = await api.get(`/search?${new URLSearchParams({ q: sid })}`);
  const head = conferences.find((/** @type {Room} */ one) => one.sid === sid);
  return head ? { ...head, people: new Map(), recordings: [] } : null;
}

class ConferencePage {
  /** @param {HTMLElement} root @param {Room} room @param {Context} context */
  constructor(root, room, context) {
    this.context = context;
    this.live = context.live;
    this.room = room;
    this.kind = KINDS[0];
    this.filter = "";
    this.head = new RoomHead(room, context.canAct);
    this.people = new PeopleList(context.canAct, (deed, person, button) => this.act(deed, person, button));
    this.choices = KINDS.map((kind) => this.choice(kind));
    const input = h("input", { type: "search", "aria-label": "Find a participant by label or number", placeholder: "Find a participant" });
    input.addEventListener("input", () => this.narrow(input.value));
    this.tools = h("div", { class: "people-tools" }, h("div", { class: "choices", role: "group", "aria-label": "Which participants" }, ...this.choices.map(({ button }) => button)), input);
    this.nobody = h("p", { class: "hint nobody" }, "Nobody is like this.");
    this.present = h("section", { class: "card present", "aria-labelledby": "people-title" }, h("header", {}, h("h2", { id: "people-title" }, "Participants"), this.tools), this.people.element, this.nobody);
    const note = !context.canAct && h("p", { class: "note" }, "Your role is read-only: you see all that goes on here, and cannot change it.");
    const below = h("div", { class: "history" });
    root.append(this.head.element, note || "", this.present, below);
    this.wanted = this.wanted.bind(this);
    this.history = openHistory(below, { sid: room.sid, accountSid: room.account_sid, context });
    if (room.status !== "completed") this.live.watch(room.sid);
    this.unsubscribe = this.live.subscribe((news) => this.hear(news));
    this.ticking = window.setInterval(() => this.tick(), 1000);
    this.show();
  }

  close() {
    this.unsubscribe();
    clearInterval(this.ticking);
    this.live.watch(null);
    this.history.close();
  }

  /** @param {typeof KINDS[number]} kind */
  choice(kind) {
    const count = h("span", { class: "count" });
    const button = h("button", { type: "button" }, kind.label, " ", count);
    button.addEventListener("click", () => {
      this.kind = kind;
      this.show();
    });
    return { kind, button, count };
  }

  /** @param {string} filter */
  narrow(filter) {
    this.filter = filter.trim().toLowerCase();
    this.show();
  }

  /** @param {Participant} person */
  wanted(person) {
    if (!this.kind.meets(person)) return false;
    return !this.filter || [nameOf(person), person.from, person.to, person.call_sid].some((one) => one.toLowerCase().includes(this.filter));
  }

  /** @param {import("../live.js").News} news */
  hear({ kind, data, touched }) {
    const { sid } = this.room;
    if (kind === "levels") this.people.showLevels(data);
    else if (kind === "timeline" && data.conference === sid) this.history.refresh();
    else if (kind === "snapshot") this.takeUp();
    else if (touched && (touched.conferences.has(sid) || touched.participants.has(sid))) this.touch(touched.participants.get(sid) ?? new Set());
    else if (kind === "recordings" && sid in data) this.history.refresh();
  }

  /** Go on with the room as it is after a break. */
  takeUp() {
    const { sid, status } = this.room;
    const room = this.live.rooms.get(sid);
    if (room) this.room = room;
    else if (status !== "completed") this.missed();
    this.show();
    this.history.refresh();
  }

  /** It has ended unseen, so long ago that it is not told any more. */
  async missed() {
    const room = await kept(this.room.sid).catch(() => null);
    if (!room || this.live.rooms.has(room.sid)) return;
    this.room = room;
    this.show();
  }

  /** @param {Set<string>} callSids */
  touch(callSids) {
    const before = this.room.status;
    this.room = this.live.rooms.get(this.room.sid) ?? this.room;
    this.people.touch(this.room, callSids, this.wanted);
    this.around();
    for (const callSid of callSids) tellOutcome(this.room, callSid).catch(() => {});
    if (this.room.status !== before) this.history.refresh();
  }

  show() {
    this.people.show(this.room, this.wanted);
    this.around();
  }

  /** Show what stands around the list. */
  around() {
    const people = [...this.room.people.values()];
    this.head.show(this.room, this.live.now());
    this.present.hidden = this.room.status === "completed";
    this.tools.hidden = people.length < MANY && this.kind === KINDS[0] && !this.filter;
    this.nobody.hidden = this.people.lines.size > 0;
    for (const { kind, button, count } of this.choices) {
      attribute(button, "aria-pressed", String(kind === this.kind));
      text(count, number(people.filter(kind.meets).length));
    }
  }

  tick() {
    if (this.room.status !== "completed") this.head.tick(this.live.now());
  }

  /** @param {import("../conference/people.js").Deed} deed @param {Participant} person @param {HTMLButtonElement} button */
  act(deed, person, button) {
    if (deed === "mute") return toggleMuted(this.room, person);
    if (deed === "hold") return toggleHold(this.room, person);
    return openMenu(button, `More for ${nameOf(person)}`, this.more(person));
  }

  /** @param {Participant} person @returns {import("../menu.js").Entry[]} */
  more(person) {
    const { room } = this;
    /** @type {import("../menu.js").Entry} */
    const toCall = { label: "What the call did", icon: "call", run: () => this.context.navigate(`/dashboard/calls/${person.call_sid}`) };
    if (isCalled(person)) return [toCall, { label: "Give up calling", icon: "remove", dangerous: true, run: () => remove(room, person) }];
    return [
      { label: "Announce…", icon: "announce", run: () => announce(room, person) },
      person.coaching
        ? { label: "Stop coaching", icon: "coach", run: () => stopCoaching(room, person) }
        : { label: "Coach somebody…", icon: "coach", run: () => coach(room, person) },
      toCall,
      { label: "Remove…", icon: "remove", dangerous: true, run: () => remove(room, person) },
    ];
  }
}
