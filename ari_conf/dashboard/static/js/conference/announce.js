// @ts-check
/** An announcement to all, or to one: words that are spoken, or a sound file. */

import { api } from "../api.js";
import { ask, toast } from "../dialog.js";
import { h } from "../dom.js";
import { nameOf } from "../rooms.js";

/** Longer documents are refused by the controller, and nobody listens for so long. */
const LONGEST = 3000;
const LARGEST_FILE = 10_000_000;
const LANGUAGE_KEPT = "ari_conf.language";
const LANGUAGES = [
  "ar-AE", "ca-ES", "cmn-CN", "cs-CZ", "cy-GB", "da-DK", "de-DE", "en-AU", "en-GB", "en-IN", "en-US", "es-ES", "es-MX", "fi-FI", "fr-CA",
  "fr-FR", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR", "yue-CN",
];

/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {import("../rooms.js").Participant} Participant */

/**
 * Ask what is to be announced, and have it announced.
 * @param {Room} room
 * @param {Participant} [person] to whom alone; left out: to all
 */
export async function announce(room, person) {
  const whom = person ? nameOf(person) : "everybody";
  const words = h("textarea", { name: "words", maxlength: LONGEST, required: true, rows: 4 });
  const language = h("select", { name: "language" }, ...LANGUAGES.map((tag) => h("option", { value: tag }, languageName(tag))));
  language.value = preferred();
  const file = h("input", { name: "file", type: "file", accept: "audio/*" });
  const spoken = h("div", { class: "dialog-body" }, field("What is said", words), field("Language", language));
  const played = h("div", { class: "dialog-body", hidden: true }, field("Sound file, WAV, MP3 or another, 10 MB at most", file));

  /** @param {boolean} byFile */
  const choose = (byFile) => {
    spoken.hidden = byFile;
    played.hidden = !byFile;
    words.required = !byFile;
    file.required = byFile;
  };
  const how = h("div", { class: "radios", role: "radiogroup", "aria-label": "What is announced" }, radio("words", "Words", true, choose), radio("file", "A sound file", false, choose));

  const done = await ask({
    title: `Announce to ${whom}`,
    body: [how, spoken, played],
    action: "Announce",
    async submit(form) {
      let twiml;
      if (form.get("how") === "file") twiml = document_("Play", `/media/${await upload(room, form.get("file"))}`);
      else {
        localStorage.setItem(LANGUAGE_KEPT, language.value);
        twiml = document_("Say", words.value, { language: language.value });
      }
      const path = person ? `/Participants/${person.call_sid}` : "";
      await api.rest(room.account_sid, "POST", `/Conferences/${room.sid}${path}.json`, { AnnounceTwiml: twiml });
    },
  });
  if (done) toast(`It is announced to ${whom}.`);
}

/** @param {Room} room @param {FormDataEntryValue | null} file */
async function upload(room, file) {
  if (!(file instanceof File)) throw new Error("Choose a sound file.");
  if (file.size > LARGEST_FILE) throw new Error("This file is larger than 10 MB; choose a shorter sound, or a compressed format.");
  return (await api.sound(room.account_sid, file)).sound;
}

/**
 * Return a document of TwiML with one verb.
 * @param {"Say" | "Play"} verb @param {string} content @param {Record<string, string>} [attributes]
 */
function document_(verb, content, attributes = {}) {
  const made = document.implementation.createDocument(null, "Response");
  const element = made.createElementNS(null, verb);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = content;
  made.documentElement.append(element);
  return new XMLSerializer().serializeToString(made);
}

/** @param {string} label @param {HTMLElement} control */
const field = (label, control) => h("label", { class: "field" }, h("span", {}, label), control);

/** @param {string} value @param {string} label @param {boolean} checked @param {(byFile: boolean) => void} choose */
const radio = (value, label, checked, choose) =>
  h("label", { class: "check" }, h("input", { type: "radio", name: "how", value, checked, onchange: () => choose(value === "file") }), label);

function preferred() {
  const wanted = [localStorage.getItem(LANGUAGE_KEPT) ?? "", ...navigator.languages];
  for (const tag of wanted) {
    const found = LANGUAGES.find((one) => one === tag) ?? LANGUAGES.find((one) => tag !== "" && one.startsWith(`${tag.split("-")[0]}-`));
    if (found) return found;
  }
  return "en-US";
}

/** @param {string} tag */
function languageName(tag) {
  return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
}
