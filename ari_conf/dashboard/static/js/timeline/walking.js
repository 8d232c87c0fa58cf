// @ts-check
// The keyboard on a timeline: from row to row, from bar to bar, near and far.

import { h, text } from "../dom.js";
import { sentence } from "./words.js";

/** @typedef {import("./view.js").TimelineView} TimelineView */
/** @typedef {import("./rows.js").Row} Row */

/** Rows that PageUp and PageDown pass over. */
const PAGE = 10;

/** Let the keyboard move on a timeline; where it is, is told to a screen reader. @param {TimelineView} view */
export function walking(view) {
  const told = h("p", { class: "visually-hidden", "aria-live": "polite" });
  view.element.append(told);
  let bar = -1;

  /** @param {number} by how many rows further than the one that is chosen, if one is */
  function walk(by) {
    const at = view.rows.findIndex((row) => row.key === view.chosen);
    toRow(at < 0 ? 0 : at + by);
  }

  /** @param {number} wanted */
  function toRow(wanted) {
    const row = view.rows[Math.min(Math.max(wanted, 0), view.rows.length - 1)];
    if (row === undefined) return;
    bar = -1;
    view.choose(row);
    view.pointer.hide();
    text(told, `${row.name}, row ${view.rows.indexOf(row) + 1} of ${view.rows.length}, ${row.bars.length} bars`);
  }

  /** @param {number} by */
  function toBar(by) {
    const row = view.rows.find((one) => one.key === view.chosen) ?? view.rows[0];
    if (row === undefined || row.bars.length === 0) return;
    const inTime = [...row.bars].sort((one, other) => one.from - other.from);
    bar = bar < 0 ? (by > 0 ? 0 : inTime.length - 1) : Math.min(Math.max(bar + by, 0), inTime.length - 1);
    view.choose(row, inTime[bar]);
    view.pointer.tellOf(row, inTime[bar]);
    text(told, sentence(inTime[bar]));
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowUp: () => walk(-1),
    ArrowDown: () => walk(1),
    PageUp: () => walk(-PAGE),
    PageDown: () => walk(PAGE),
    ArrowLeft: () => toBar(-1),
    ArrowRight: () => toBar(1),
    "Shift+ArrowLeft": () => view.step(-1),
    "Shift+ArrowRight": () => view.step(1),
    "+": () => view.nearer(),
    "-": () => view.farther(),
    0: () => view.lookAtAll(),
    Home: () => toRow(0),
    End: () => toRow(view.rows.length - 1),
    Escape: () => view.pointer.hide(),
  };

  view.scroll.addEventListener("keydown", (event) => {
    if (event.target !== view.scroll || event.ctrlKey || event.altKey || event.metaKey) return;
    const name = event.key.startsWith("Arrow") && event.shiftKey ? `Shift+${event.key}` : event.key;
    const act = keys[name === "=" ? "+" : name];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  view.scroll.addEventListener("blur", () => {
    view.chosen = null;
    bar = -1;
    view.pointer.hide();
    view.draw();
  });
}
