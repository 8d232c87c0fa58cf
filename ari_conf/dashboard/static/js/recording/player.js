// @ts-check
/** A recording to be heard: played, sought in by its waveform, downloaded. */

import { api } from "../api.js";
import { sentence } from "../dialog.js";
import { h, replace, text } from "../dom.js";
import { duration } from "../format.js";
import { icon } from "../icons.js";
import { waveformView } from "./waveform.js";

/** The one that is heard now: two at once are a noise. @type {HTMLAudioElement | null} */
let heard = null;

/**
 * A player for a finished recording. The waveform is fetched when it is in view, the sound when somebody wants to hear it.
 * @param {{sid: string, accountSid: string}} recording
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function player({ sid, accountSid }) {
  const url = `/dashboard/rest/Accounts/${accountSid}/Recordings/${sid}`;
  const audio = h("audio", { preload: "none", src: `${url}.wav` });
  const place = h("div", { class: "wave-place" }, h("p", { class: "soft" }, "Loading the waveform…"));
  const clock = h("span", { class: "player-clock" }, "0:00");
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { type: "button", class: "icon-button play", onclick: () => toggle() });
  /** @type {ReturnType<typeof waveformView> | null} */
  let wave = null;
  let length = 0;
  let frame = 0;

  function toggle() {
    if (!audio.paused) return audio.pause();
    if (heard !== audio) heard?.pause();
    heard = audio;
    audio.play().catch((error) => error.name !== "AbortError" && fail("The recording cannot be played here; download it instead."));
    return undefined;
  }

  /** @param {string} words */
  function fail(words) {
    problem.hidden = false;
    text(problem, words);
  }

  function drawButton() {
    const name = audio.paused ? "Play" : "Pause";
    replace(button, icon(audio.paused ? "play" : "hold"));
    button.setAttribute("aria-label", name);
    button.title = name;
  }

  function drawPlace() {
    text(clock, `${duration(audio.currentTime)} / ${duration(length || audio.duration || 0)}`);
    wave?.show(audio.currentTime);
    cancelAnimationFrame(frame);
    if (!audio.paused) frame = requestAnimationFrame(drawPlace);
  }

  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, drawButton);
  for (const event of ["play", "pause", "seeked", "timeupdate", "loadedmetadata"]) audio.addEventListener(event, drawPlace);
  drawButton();

  /** @param {import("./waveform.js").Waveform} waveform */
  function showWave(waveform) {
    length = waveform.seconds;
    wave = waveformView(waveform, (seconds) => {
      audio.currentTime = seconds;
      drawPlace();
    });
    replace(place, wave.element);
    drawPlace();
  }

  // A list may have hundreds of hours of which nobody looks at more than the first few.
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    api.get(`/recordings/${sid}/waveform`).then(showWave, (error) => replace(place, h("p", { class: "soft" }, sentence(error))));
  });
  seen.observe(place);

  return {
    element: h(
      "div",
      { class: "player" },
      button,
      place,
      clock,
      h("a", { class: "icon-button", href: `${url}.wav`, download: `${sid}.wav`, "aria-label": "Download as WAV", title: "Download as WAV" }, icon("download")),
      problem,
      audio,
    ),
    close() {
      seen.disconnect();
      cancelAnimationFrame(frame);
      audio.pause();
      audio.removeAttribute("src");
      // Else it goes on being fetched.
      audio.load();
      if (heard === audio) heard = null;
    },
  };
}
