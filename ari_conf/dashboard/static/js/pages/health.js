// @ts-check
/** How the controller is, and what is wrong in words. */

import { attribute, h, keyed, text } from "../dom.js";
import { relative } from "../format.js";
import { icon } from "../icons.js";
import { tiles } from "../health/words.js";

/** @typedef {import("../health/words.js").Tile} Tile */
/** @typedef {import("../health/words.js").Fact} Fact */

export const styles = ["health.css"];

/** @type {Record<string, [string, string]>} */
const STATUSES = { ready: ["Ready", "good"], starting: ["Starting", "warn"], draining: ["Draining", "warn"], stopping: ["Stopping", "warn"] };

/** @type {import("../router.js").Page["open"]} */
export function open(root, _params, context) {
  const status = h("span", { class: "pill" });
  const alarms = h("ul", { class: "health-alarms", "aria-label": "Alarms" });
  const quiet = h("p", { class: "note", hidden: true }, "No alarms.");
  const grid = h("div", { class: "tiles" });
  const waits = h("p", { class: "loading soft", role: "status" }, "Waiting for the controller…");

  function draw() {
    const { health } = context.live;
    waits.hidden = health !== null;
    if (health === null) return;
    const [word, look] = STATUSES[health.status] ?? [health.status, "bad"];
    text(status, word);
    attribute(status, "class", `pill ${look}`);
    quiet.hidden = health.alarms.length > 0;
    keyed(alarms, health.alarms, ({ level, text: words }) => `${level} ${words}`, newAlarm, (node, alarm) => text(/** @type {Element} */ (node.querySelector(".since")), relative(alarm.since, health.now)));
    keyed(grid, tiles(health), (tile) => tile.title, newTile, updateTile);
  }

  const unsubscribe = context.live.subscribe(({ kind }) => {
    if (kind === "health" || kind === "snapshot") draw();
  });
  root.append(h("div", { class: "page-head" }, h("h1", {}, "Health"), status), waits, h("div", { role: "status" }, alarms, quiet), grid);
  draw();
  return { title: "Health", close: unsubscribe };
}

/** @param {{level: string, since: number, text: string}} alarm */
function newAlarm({ level, text: words }) {
  const grave = level === "error";
  return h(
    "li",
    { class: ["alarm", grave ? "bad" : "warn"] },
    icon(grave ? "alarm" : "notification"),
    h("p", {}, h("strong", {}, grave ? "Error: " : "Warning: "), words),
    // It changes all the time, and is not to be read out each time.
    h("span", { class: "since", "aria-live": "off" }),
  );
}

/** @param {Tile} tile */
const newTile = ({ title }) => h("section", { class: "card tile" }, h("h2", {}, title), h("dl"));

/** @param {HTMLElement} node @param {Tile} tile */
function updateTile(node, { facts }) {
  keyed(/** @type {Element} */ (node.lastElementChild), facts, (fact) => fact.name, newFact, updateFact);
}

/** @param {Fact} fact */
const newFact = ({ name }) => h("div", {}, h("dt", {}, name), h("dd", {}, h("span", { class: "value" }), h("span", { class: "more" })));

/** @param {HTMLElement} node @param {Fact} fact */
function updateFact(node, { value, more, look }) {
  attribute(node, "class", look);
  const [first, second] = /** @type {HTMLElement} */ (node.lastElementChild).children;
  text(first, value);
  text(second, more);
}
