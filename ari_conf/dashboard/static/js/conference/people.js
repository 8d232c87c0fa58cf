// @ts-check
/**
 * Who is in a room, line by line, with what can be done. A line is copied from a pattern, and changed only where it must be.
 *
 * Lines stand in blocks, and the style sheet lets the browser pass over blocks that are out of sight: single lines would be a
 * thousand things to look at for each frame.
 */

import { attribute, h, keyed, replace, text } from "../dom.js";
import { clock, phone } from "../format.js";
import { icon } from "../icons.js";
import { addressOf, isCalled, nameOf } from "../rooms.js";
import { pill, states } from "../states.js";

/** A multiple of the numbers of columns, so that only the last block has gaps. */
const BLOCK = 60;

/** What is quieter is shown as nothing, and full scale as all. */
const QUIETEST_DB = -60;

/** @typedef {import("../rooms.js").Participant} Participant */
/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {"mute" | "hold" | "more"} Deed */

const pattern = h(
  "div",
  { class: "attendee", role: "listitem" },
  h("span", { class: "light" }),
  h("span", { class: "level" }),
  h("span", { class: "who" }, h("bdi", { class: "name" }), h("bdi", { class: "other" })),
  h("span", { class: "words" }),
  h("span", { class: "since" }),
  h("span", { class: "deeds" }, deed("mute", "microphone"), deed("hold", "hold"), deed("more", "more")),
);
pattern.querySelector('[data-deed="more"]')?.setAttribute("aria-haspopup", "menu");

/** @param {Deed} name @param {import("../icons.js").Icon} drawing */
function deed(name, drawing) {
  return h("button", { type: "button", class: name === "more" ? "icon-button" : "button", dataset: { deed: name } }, icon(drawing), name !== "more" && h("span", { class: "word" }));
}

/** @typedef {Record<"light" | "level" | "name" | "other" | "words" | "since" | "mute" | "hold" | "more", HTMLElement> & {shown: string}} Parts */

/** @type {WeakMap<Element, Parts>} */
const parts = new WeakMap();

function create() {
  const line = /** @type {HTMLDivElement} */ (pattern.cloneNode(true));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (line.querySelector(selector));
  parts.set(line, {
    light: find(".light"),
    level: find(".level"),
    name: find(".name"),
    other: find(".other"),
    words: find(".words"),
    since: find(".since"),
    mute: find('[data-deed="mute"]'),
    hold: find('[data-deed="hold"]'),
    more: find('[data-deed="more"]'),
    shown: "",
  });
  return line;
}

export class PeopleList {
  /**
   * @param {boolean} canAct
   * @param {(deed: Deed, person: Participant, button: HTMLButtonElement) => Promise<void> | void} act
   */
  constructor(canAct, act) {
    this.canAct = canAct;
    this.act = act;
    /** @type {Room | null} */
    this.room = null;
    /** @type {Map<unknown, HTMLDivElement>} */
    this.lines = new Map();
    /** @type {Set<string>} */
    this.heard = new Set();
    this.element = h("div", { class: "attendees", role: "list", "aria-labelledby": "people-title", onclick: (/** @type {MouseEvent} */ event) => this.click(event) });
  }

  /**
   * Bring the whole list into line.
   * @param {Room} room @param {(person: Participant) => boolean} wanted
   */
  show(room, wanted) {
    this.room = room;
    const people = [...room.people.values()].filter(wanted);
    const blocks = Array.from({ length: Math.ceil(people.length / BLOCK) }, (_, index) => people.slice(index * BLOCK, (index + 1) * BLOCK));
    const before = this.lines;
    this.lines = new Map();
    keyed(this.element, blocks.entries(), ([index]) => index, () => h("div", { class: "block" }), (block, [, members]) => {
      block.style.setProperty("--lines", String(members.length));
      const lines = keyed(block, members, (person) => person.call_sid, (person) => before.get(person.call_sid) ?? create(), (line, person) => this.update(line, person, room));
      for (const [callSid, line] of lines) this.lines.set(callSid, line);
    });
  }

  /**
   * Bring the lines of a few into line; who has come, gone, or is no longer wanted needs the whole list.
   * @param {Room} room @param {Iterable<string>} callSids @param {(person: Participant) => boolean} wanted
   */
  touch(room, callSids, wanted) {
    for (const callSid of callSids) {
      const [line, person] = [this.lines.get(callSid), room.people.get(callSid)];
      const there = person !== undefined && wanted(person);
      if (there !== (line !== undefined)) {
        this.show(room, wanted);
        return;
      }
      if (line && person) this.update(line, person, room);
    }
  }

  /** @param {HTMLDivElement} line @param {Participant} person @param {Room} room */
  update(line, person, room) {
    const part = /** @type {Parts} */ (parts.get(line));
    if (line.classList.contains("talking") !== person.talking) {
      line.classList.toggle("talking", person.talking);
      replace(part.light, person.talking && h("span", { class: "visually-hidden" }, "talking"));
    }
    const said = states(person, room);
    const name = nameOf(person);
    const shown = [name, person.joined_at, ...said.map((state) => state.text)].join("|");
    if (shown === part.shown) return;
    part.shown = shown;
    line.dataset.call = person.call_sid;
    line.classList.toggle("absent", isCalled(person));
    text(part.name, name);
    text(part.other, person.label === null ? "" : phone(addressOf(person)));
    text(part.since, person.joined_at === null ? "" : `since ${clock(person.joined_at)}`);
    replace(part.words, ...said.map(pill));
    this.label(part, person, name);
  }

  /** @param {Parts} part @param {Participant} person @param {string} name */
  label(part, person, name) {
    const here = this.canAct && !isCalled(person);
    button(part.mute, person.muted ? "Unmute" : "Mute", name, here);
    button(part.hold, person.hold ? "Unhold" : "Hold", name, here);
    attribute(part.more, "aria-label", `More for ${name}`);
    attribute(part.more, "disabled", !this.canAct);
  }

  /** @param {Record<string, number>} levels in dBFS by Call SID */
  showLevels(levels) {
    const heard = new Set(Object.keys(levels));
    // Not every engine measures, and room for what never comes looks like silence.
    if (heard.size) this.element.classList.add("has-levels");
    for (const callSid of this.heard) if (!heard.has(callSid)) this.level(callSid, 0);
    for (const [callSid, level] of Object.entries(levels)) this.level(callSid, Math.max(0, Math.min(1, 1 - level / QUIETEST_DB)));
    this.heard = heard;
  }

  /** @param {string} callSid @param {number} share */
  level(callSid, share) {
    const line = this.lines.get(callSid);
    if (line) parts.get(line)?.level.style.setProperty("--level", share.toFixed(2));
  }

  /** @param {MouseEvent} event */
  async click(event) {
    const clicked = event.target instanceof Element ? /** @type {HTMLButtonElement | null} */ (event.target.closest("button[data-deed]")) : null;
    const line = /** @type {HTMLElement | null | undefined} */ (clicked?.closest("[data-call]"));
    const person = line?.dataset.call ? this.room?.people.get(line.dataset.call) : undefined;
    if (!clicked || !person || clicked.getAttribute("aria-busy") === "true") return;
    clicked.setAttribute("aria-busy", "true");
    try {
      await this.act(/** @type {Deed} */ (clicked.dataset.deed), person, clicked);
    } finally {
      clicked.removeAttribute("aria-busy");
    }
  }
}

/** @param {HTMLElement} element @param {string} word @param {string} name @param {boolean} enabled */
function button(element, word, name, enabled) {
  attribute(element, "aria-label", `${word} ${name}`);
  attribute(element, "disabled", !enabled);
  text(/** @type {HTMLElement} */ (element.lastElementChild), word);
}
