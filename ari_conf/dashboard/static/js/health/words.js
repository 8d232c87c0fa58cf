// @ts-check
// The controller's health in words and numbers: tile by tile. Pure.

import { bytes, duration, number } from "../format.js";

/** @typedef {{name: string, value: string, more: string, look: "" | "good" | "warn" | "bad"}} Fact */
/** @typedef {{title: string, facts: Fact[]}} Tile */

const FAR_BEHIND_MS = 200;
const SLOW_ARI_MS = 100;

/** @param {string} name @param {string | number} value @param {string} [more] @param {Fact["look"]} [look] @returns {Fact} */
const fact = (name, value, more = "", look = "") => ({ name, value: typeof value === "number" ? number(value) : value, more, look });

/** @param {number} ms */
const milliseconds = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

/** @param {string} name @param {{p50: number, p99: number, max?: number} | null} percentiles @param {number} much */
function lag(name, percentiles, much) {
  if (!percentiles) return fact(name, "–", "nothing in the last minute");
  const { p50, p99, max } = percentiles;
  const more = `99 of 100; ${milliseconds(p50)} half of them${max === undefined ? "" : `; ${milliseconds(max)} the slowest`}`;
  return fact(name, milliseconds(p99), more, p99 > much ? "bad" : "");
}

/**
 * The tiles; of what a session is not told there is none.
 * @param {any} health as the controller tells it
 * @returns {Tile[]}
 */
export function tiles(health) {
  return [now(health), engine(health), callbacks(health), database(health), machine(health)].filter((tile) => tile !== null);
}

/** @param {any} health @returns {Tile} */
const now = ({ calls, conferences, participants, talking }) => ({
  title: "Now",
  facts: [fact("Calls", calls), fact("Conferences", conferences), fact("Participants", participants), fact("Talking", talking)],
});

/** @param {any} health @returns {Tile | null} */
function engine({ engine: it, event_lag_ms: behind }) {
  if (!it) return null;
  const asterisk = it.kind === "asterisk";
  const name = asterisk ? `Asterisk ${it.version ?? ""}`.trim() : "the built-in mixer";
  return {
    title: "Engine",
    facts: [
      fact("Connection", it.connected ? "connected" : "lost", name, it.connected ? "good" : "bad"),
      asterisk ? lag("Requests to it take", it.latency_ms, SLOW_ARI_MS) : null,
      lag("Events are behind by", behind, FAR_BEHIND_MS),
      fact("Lost since the start", times(it.times_lost), "", it.times_lost ? "warn" : ""),
    ].filter((one) => one !== null),
  };
}

/** @param {any} health @returns {Tile | null} */
function callbacks({ outbox }) {
  if (!outbox) return null;
  const { owed, oldest_seconds: oldest, delivered, given_up: lost, failed_attempts: failed } = outbox;
  return {
    title: "Callbacks",
    facts: [
      fact("Owed", owed, owed ? `the oldest for ${duration(oldest)}` : "", oldest > 60 ? "bad" : ""),
      fact("Delivered", delivered ?? "–"),
      fact("Failed attempts", failed ?? "–", "", failed ? "warn" : ""),
      fact("Given up", lost ?? "–", "", lost ? "bad" : ""),
    ],
  };
}

/** @param {any} health @returns {Tile | null} */
function database({ database: it }) {
  if (!it) return null;
  const { kind, where, ok, problem, waiting_rows: waiting, write_ms: writes } = it;
  return {
    title: "Database",
    facts: [
      fact("State", ok ? "works" : "refuses", ok ? `${kind}: ${where}` : (problem ?? where), ok ? "good" : "bad"),
      fact("Rows that wait", waiting),
      writes ? lag("Writing takes", writes, Infinity) : null,
    ].filter((one) => one !== null),
  };
}

/** @param {any} health @returns {Tile | null} */
function machine({ disk, memory_mb: memory, cpu_percent: cpu, uptime_seconds: uptime, clock }) {
  if (!disk && memory === null) return null;
  return {
    title: "Machine",
    facts: [
      ...Object.entries(disk ?? {}).map(([name, one]) => free(name, one)),
      fact("Memory", bytes((memory ?? 0) * 1e6)),
      fact("Processor", `${number(cpu ?? 0)} %`),
      fact("Running for", days(uptime ?? 0)),
      clock ? fact("Clock", "wrong", clock, "bad") : null,
    ].filter((one) => one !== null),
  };
}

/** @param {string} name @param {any} place */
function free(name, place) {
  if (!place) return fact(`Disk: ${name}`, "–");
  const share = place.total_bytes ? place.free_bytes / place.total_bytes : 0;
  return fact(`Disk: ${name}`, `${bytes(place.free_bytes)} free`, `${Math.round(share * 100)} % of ${bytes(place.total_bytes)}, ${place.path}`, share < 0.1 ? "warn" : "");
}

/** @param {number} count */
const times = (count) => (count === 0 ? "never" : count === 1 ? "once" : `${number(count)} times`);

/** @param {number} seconds */
function days(seconds) {
  const whole = Math.floor(seconds / 86_400);
  return whole ? `${whole} d ${duration(seconds % 86_400)}` : duration(seconds);
}
