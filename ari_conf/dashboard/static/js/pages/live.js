// @ts-check
/** What goes on now: rooms and who is in them. */

import { attribute, h, keyed, text } from "../dom.js";
import { number } from "../format.js";
import { icon } from "../icons.js";
import { RoomCard } from "../live/room_card.js";
import { nameOf } from "../rooms.js";

export const styles = ["live.css"];

/** A press waits for its release no longer: that of a press that opens the browser's own menu may never be told. */
const PRESS_SECONDS = 3;

/** @typedef {import("../rooms.js").Room} Room */

/** @type {{status: Room["status"], title: string, short: string}[]} */
const SECTIONS = [
  { status: "in-progress", title: "In progress", short: "In progress" },
  { status: "init", title: "Waiting for the start", short: "Waiting" },
  { status: "completed", title: "Just ended", short: "Ended" },
];

/** @type {import("../router.js").Page["open"]} */
export function open(root, _params, context) {
  const page = new LivePage(root, context);
  return { title: "Live", close: () => page.close() };
}

class LivePage {
  /** @param {HTMLElement} root @param {import("../router.js").Context} context */
  constructor(root, context) {
    this.context = context;
    this.live = context.live;
    this.status = context.query.get("status") ?? "";
    this.filter = (context.query.get("filter") ?? "").toLowerCase();
    /** @type {Map<string, RoomCard>} */
    this.cards = new Map();
    this.counts = h("p", { class: "counts" });
    this.alarms = h("ul", { class: "alarms", "aria-label": "Alarms" });
    this.choices = ["", ...SECTIONS.map(({ status }) => status)].map((status) => this.choice(status));
    this.sections = SECTIONS.map(({ status, title }) => section(status, title));
    this.empty = h("div", { class: "empty", hidden: true }, icon("room"), h("p", {}));
    const input = h("input", { type: "search", "aria-label": "Filter by room, number or label", placeholder: "Filter", value: this.filter });
    input.addEventListener("input", () => this.narrow(input.value));
    root.append(
      h("div", { class: "page-head" }, h("h1", {}, "Live"), this.counts),
      this.alarms,
      h("div", { class: "live-filter" }, h("div", { class: "choices", role: "group", "aria-label": "Which rooms" }, ...this.choices.map(({ button }) => button)), input),
      ...this.sections.map(({ element }) => element),
      this.empty,
    );
    this.pressed = false;
    this.closing = new AbortController();
    const { signal } = this.closing;
    root.addEventListener("pointerdown", () => this.press(), { signal });
    for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, () => setTimeout(() => this.released()), { signal });
    this.unsubscribe = this.live.subscribe((news) => this.hear(news));
    this.ticking = window.setInterval(() => this.tick(), 1000);
    this.showAll();
  }

  close() {
    this.closing.abort();
    this.unsubscribe();
    clearInterval(this.ticking);
  }

  /** @param {string} status */
  choice(status) {
    const count = h("span", { class: "count" });
    const label = SECTIONS.find((one) => one.status === status)?.short ?? "All";
    const button = h("button", { type: "button" }, label, " ", count);
    button.addEventListener("click", () => {
      this.status = status;
      this.keep();
    });
    return { status, button, count };
  }

  /** @param {string} filter */
  narrow(filter) {
    this.filter = filter.trim().toLowerCase();
    this.keep();
  }

  keep() {
    const query = new URLSearchParams();
    if (this.status) query.set("status", this.status);
    if (this.filter) query.set("filter", this.filter);
    this.context.setQuery(query);
    this.showAll();
  }

  /** @param {import("../live.js").News} news */
  hear({ kind, touched }) {
    // A click is lost on a card that moves between press and release.
    if (this.pressed) this.showCounts();
    else if (kind === "snapshot") this.showAll();
    else if (kind === "health") this.showHealth();
    else if (touched) this.showTouched(touched);
  }

  press() {
    this.pressed = true;
    setTimeout(() => this.released(), PRESS_SECONDS * 1000);
  }

  /** Show what has changed since the press; it comes after the click, which may have closed the page. */
  released() {
    if (!this.pressed || this.closing.signal.aborted) return;
    this.pressed = false;
    this.showAll();
  }

  /** @param {import("../rooms.js").Touched} touched */
  showTouched({ conferences, participants }) {
    for (const sid of conferences) {
      const [room, card] = [this.live.rooms.get(sid), this.cards.get(sid)];
      const where = room && this.isWanted(room) ? room.status : undefined;
      if (where !== card?.element.dataset.status) {
        this.showAll();
        return;
      }
    }
    const now = this.live.now();
    for (const sid of new Set([...conferences, ...participants.keys()])) {
      const room = this.live.rooms.get(sid);
      if (room) this.cards.get(sid)?.touch(room, participants.get(sid) ?? new Set(), this.peopleWanted(room), now);
    }
    this.showCounts();
  }

  showAll() {
    const rooms = [...this.live.rooms.values()].sort((one, other) => other.created_at - one.created_at);
    const wanted = rooms.filter((room) => this.isWanted(room));
    const now = this.live.now();
    const several = this.context.session.accounts.length > 1;
    /** @type {Map<string, RoomCard>} */
    const cards = new Map();
    for (const room of wanted) cards.set(room.sid, this.cards.get(room.sid) ?? new RoomCard(room, several));
    this.cards = cards;
    for (const { status, element, grid, count } of this.sections) {
      const here = this.status && this.status !== status ? [] : wanted.filter((room) => room.status === status);
      element.hidden = here.length === 0;
      text(count, number(here.length));
      keyed(grid, here, (room) => room.sid, (room) => card(cards, room).element, (_, room) => card(cards, room).show(room, this.peopleWanted(room), now));
    }
    for (const { status, button, count } of this.choices) {
      attribute(button, "aria-pressed", String(status === this.status));
      text(count, number(status ? wanted.filter((room) => room.status === status).length : wanted.length));
    }
    this.showHealth();
    this.showEmpty(this.sections.every(({ element }) => element.hidden));
  }

  /** @param {boolean} empty */
  showEmpty(empty) {
    this.empty.hidden = !empty || (this.live.phase === "connecting" && this.live.rooms.size === 0);
    const said = this.filter || this.status ? "No room is like this." : "Nobody is in a conference. Whoever calls in appears here at once.";
    text(/** @type {HTMLElement} */ (this.empty.lastElementChild), said);
  }

  showCounts() {
    const sums = { conferences: 0, participants: 0, talking: 0 };
    for (const room of this.live.rooms.values()) {
      if (room.status === "completed") continue;
      sums.conferences += 1;
      sums.participants += room.participants;
      sums.talking += room.talking;
    }
    const shown = { conference: sums.conferences, participant: sums.participants, talking: sums.talking, call: this.live.health?.calls ?? 0 };
    keyed(this.counts, Object.entries(shown), ([word]) => word, () => h("span", {}, h("strong"), h("span")), showCount);
  }

  showHealth() {
    this.showCounts();
    keyed(this.alarms, this.live.health?.alarms ?? [], (alarm) => alarm.text, alarmLine);
  }

  tick() {
    const now = this.live.now();
    for (const [sid, one] of this.cards) {
      const room = this.live.rooms.get(sid);
      if (room && room.status !== "completed") one.tick(room, now);
    }
  }

  /** @param {Room} room */
  isWanted(room) {
    return !this.filter || this.isNamed(room) || [...room.people.values()].some(this.peopleWanted(room));
  }

  /** @param {Room} room */
  isNamed(room) {
    return room.friendly_name.toLowerCase().includes(this.filter) || room.sid.toLowerCase() === this.filter;
  }

  /**
   * Return who is shown of a room: all of them if the room itself is meant.
   * @param {Room} room
   * @returns {(person: import("../rooms.js").Participant) => boolean}
   */
  peopleWanted(room) {
    if (!this.filter || this.isNamed(room)) return () => true;
    return (person) => [nameOf(person), person.from, person.to, person.call_sid].some((one) => one.toLowerCase().includes(this.filter));
  }
}

/** @param {Map<string, RoomCard>} cards @param {Room} room */
const card = (cards, room) => /** @type {RoomCard} */ (cards.get(room.sid));

/** @param {Room["status"]} status @param {string} title */
function section(status, title) {
  const count = h("span", { class: "count" });
  const grid = h("div", { class: "rooms" });
  const element = h("section", { hidden: true, "aria-labelledby": `rooms-${status}` }, h("h2", { id: `rooms-${status}` }, title, " ", count), grid);
  return { status, element, grid, count };
}

/** @param {HTMLElement} element @param {[string, number]} count */
function showCount(element, [word, value]) {
  const [figure, words] = element.children;
  text(figure, number(value));
  text(words, ` ${value === 1 || word === "talking" ? word : `${word}s`}`);
}

/** @param {{level: string, text: string}} alarm */
const alarmLine = ({ level, text: words }) =>
  h("li", { class: level }, icon("alarm"), h("span", {}, h("span", { class: "visually-hidden" }, level === "error" ? "Error: " : "Warning: "), words), h("a", { href: "/dashboard/health" }, "Health"));
