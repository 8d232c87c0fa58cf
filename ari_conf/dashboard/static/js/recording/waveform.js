// @ts-check
/** The loudness of a recording, drawn; where it is played is shown in it, and chosen by it. */

import { h, svg } from "../dom.js";
import { duration, spoken } from "../format.js";

/** @typedef {{seconds: number, channels: number, peaks: number[][]}} Waveform */

/** Heights in the drawing's own units, for one channel. */
const HEIGHT = 40;
/** Seconds that one press of an arrow key and of PageUp or PageDown move. */
const STEP = 5;
const LEAP = 30;
/** A silent bar is drawn this high, so that silence is seen to be a part of the recording. */
const LEAST = 0.03;

/**
 * What is drawn of one channel: a bar up and down from the middle for each peak. Pure.
 * @param {number[]} peaks @param {number} top @returns {string} the path, one unit wide for each peak
 */
export function drawing(peaks, top) {
  const middle = top + HEIGHT / 2;
  return peaks
    .map((peak, index) => {
      const half = (Math.max(Math.min(peak, 1), LEAST) * HEIGHT) / 2;
      return `M${index + 0.15} ${(middle - half).toFixed(2)}h.7v${(2 * half).toFixed(2)}h-.7z`;
    })
    .join("");
}

/**
 * @param {Waveform} waveform
 * @param {(seconds: number) => void} seek
 */
export function waveformView({ seconds, peaks }, seek) {
  const width = Math.max(peaks[0]?.length ?? 0, 1);
  const shape = peaks.map((channel, index) => drawing(channel, index * HEIGHT)).join("");
  const height = HEIGHT * Math.max(peaks.length, 1);
  const played = svg("path", { class: "wave-played", d: shape });
  const head = h("span", { class: "wave-head" });
  const element = h(
    "div",
    {
      class: "wave",
      role: "slider",
      tabindex: 0,
      "aria-label": "Position in the recording",
      "aria-valuemin": 0,
      "aria-valuemax": Math.round(seconds * 10) / 10,
      onpointerdown: (/** @type {PointerEvent} */ event) => press(event),
      onpointermove: (/** @type {PointerEvent} */ event) => event.buttons === 1 && press(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => key(event),
    },
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("path", { class: "wave-shape", d: shape }),
      played,
    ),
    head,
  );
  element.style.setProperty("--channels", String(Math.max(peaks.length, 1)));
  let at = 0;

  /** @param {PointerEvent} event */
  function press(event) {
    if (event.button > 0) return;
    const box = element.getBoundingClientRect();
    to(((event.clientX - box.left) / box.width) * seconds);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: at - STEP,
      ArrowDown: at - STEP,
      ArrowRight: at + STEP,
      ArrowUp: at + STEP,
      PageDown: at - LEAP,
      PageUp: at + LEAP,
      Home: 0,
      End: seconds,
    };
    if (!(event.key in places) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    to(places[event.key]);
  }

  /** @param {number} wanted */
  function to(wanted) {
    const place = Math.min(Math.max(wanted, 0), seconds);
    show(place);
    seek(place);
  }

  /** @param {number} place in seconds */
  function show(place) {
    at = place;
    const share = seconds > 0 ? Math.min(place / seconds, 1) : 0;
    element.setAttribute("aria-valuenow", String(Math.round(place * 10) / 10));
    element.setAttribute("aria-valuetext", `${spoken(place)} of ${spoken(seconds)}, ${duration(place)}`);
    element.style.setProperty("--played", `${share * 100}%`);
    played.style.clipPath = `inset(0 ${100 - share * 100}% 0 0)`;
  }

  show(0);
  return { element, show };
}
