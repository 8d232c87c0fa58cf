// @ts-check
/** Small drawings, 20 by 20, in the colour of the text beside them. They say nothing to a screen reader. */

import { svg } from "./dom.js";

const PATHS = {
  room: "M10 8.6a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM4.5 15.8c.5-2.9 2.7-4.6 5.5-4.6s5 1.7 5.5 4.6M15.2 9.4a2 2 0 1 0-.9-3.8M16 11.6c1.4.6 2.2 1.8 2.5 3.4M4.8 9.4a2 2 0 1 1 .9-3.8M4 11.6c-1.4.6-2.2 1.8-2.5 3.4",
  history: "M3.5 10a6.5 6.5 0 1 0 2.2-4.9L3.5 7M3.5 3.4V7h3.6M10 6.4V10l2.6 1.8",
  call: "M6.9 3.5 4.5 4.2C4 9.9 10.1 16 15.8 15.5l.7-2.4-3-1.9-1.7 1.3c-1.8-.8-3.5-2.5-4.3-4.3l1.3-1.7Z",
  recording: "M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  callback: "M3.5 7h11M11.5 4l3 3-3 3M16.5 13h-11M8.5 10l-3 3 3 3",
  notification: "M10 3.3 2.8 16h14.4ZM10 8.2v3.6M10 13.8v.2",
  queue: "M3.5 6h13M3.5 10h13M3.5 14h8",
  health: "M2.8 10.5h3.4l2-5 3.6 9.5 2-4.5h3.4",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.8 3.8",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  close: "M5 5l10 10M15 5 5 15",
  more: "M4.5 10h.1M10 10h.1M15.5 10h.1",
  microphone: "M10 12.2a2.6 2.6 0 0 0 2.6-2.6V5.4a2.6 2.6 0 1 0-5.2 0v4.2a2.6 2.6 0 0 0 2.6 2.6ZM5 9.6a5 5 0 0 0 10 0M10 14.6v2.6",
  muted: "M12.6 7.5V5.4a2.6 2.6 0 0 0-5-.9M7.4 7.6v2a2.6 2.6 0 0 0 4 2.2M5 9.6a5 5 0 0 0 7.7 4.2M15 9.6c0 .8-.2 1.5-.5 2.2M10 14.6v2.6M3.5 3.5l13 13",
  hold: "M7 5v10M13 5v10",
  play: "M6.5 4.5v11l9-5.5Z",
  coach: "M3.5 11.5V10a6.5 6.5 0 0 1 13 0v1.5M3.5 11h2v4h-2ZM14.5 11h2v4h-2ZM15.5 15c0 1.5-1.5 2.2-3.5 2.2",
  announce: "M3.5 8.2v3.6h2.6l5.4 3.7v-11L6.1 8.2ZM14 7.5c1.3 1.3 1.3 3.7 0 5M16 5.5c2.4 2.4 2.4 6.6 0 9",
  add: "M10 4v12M4 10h12",
  remove: "M8.5 8.6a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM3 15.8c.5-2.9 2.7-4.6 5.5-4.6 1 0 2 .2 2.8.7M13.5 13l3.5 3.5M17 13l-3.5 3.5",
  end: "M3 12.2c0-4 3.5-5.4 7-5.4s7 1.4 7 5.4l-3.6.6-.6-2.5c-1.8-.6-3.8-.6-5.6 0l-.6 2.5Z",
  waiting: "M5.5 3.5h9M5.5 16.5h9M6.5 3.5c0 3.5 3.5 4 3.5 6.5s-3.5 3-3.5 6.5M13.5 3.5c0 3.5-3.5 4-3.5 6.5s3.5 3 3.5 6.5",
  ringing: "M5 13.5V9.2a5 5 0 0 1 10 0v4.3l1.2 1H3.8ZM8.5 16.5c.8.8 2.2.8 3 0",
  moderator: "M10 3.5l2 4.1 4.5.6-3.3 3.1.8 4.5-4-2.1-4 2.1.8-4.5L3.5 8.2 8 7.6Z",
  tick: "M4 10.5l4 4 8-9",
  alarm: "M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM10 6.8v3.8M10 13v.1",
  logout: "M8 3.5H4.5v13H8M9 10h8M14 7l3 3-3 3",
  down: "M5 7.5l5 5 5-5",
  download: "M10 3.5v9M6.5 9l3.5 3.5L13.5 9M4 16.5h12",
  again: "M16 4v4h-4M16 8a6.5 6.5 0 1 0 .3 3.5",
};

/** @typedef {keyof typeof PATHS} Icon */

/** @type {Map<Icon, SVGSVGElement>} */
const drawn = new Map();

/**
 * Draw an icon.
 * @param {Icon} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  let one = drawn.get(name);
  if (!one) {
    one = svg("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
    drawn.set(name, one);
  }
  return /** @type {SVGSVGElement} */ (one.cloneNode(true));
}
