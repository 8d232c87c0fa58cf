// @ts-check
/** The documents that a call was given, and verb by verb what it has run. */

import { h } from "../dom.js";
import { shortSid, time } from "../format.js";
import { brief } from "../timeline/words.js";
import { twimlView } from "../twiml/view.js";

/**
 * @typedef {{number: number, name: string, started_at: number, ended_at: number | null, data: Record<string, string>}} Verb
 * @typedef {{number: number, url: string, method: string, timestamp: number, twiml: string, verbs: Verb[]}} FetchedDocument
 */

/** What of a verb's outcome is told where. @type {Record<string, string>} */
const KINDS = { CF: "conferences", CA: "calls" };

/**
 * @param {FetchedDocument[]} documents
 * @param {boolean} live whether the call is not over
 * @returns {HTMLElement}
 */
export function documentsView(documents, live) {
  const last = documents.at(-1)?.number;
  return h(
    "ol",
    { class: "documents" },
    documents.map((document) => documentView(document, live && document.number === last)),
  );
}

/** @param {FetchedDocument} document @param {boolean} current */
function documentView({ number, url, method, timestamp, twiml, verbs }, current) {
  return h(
    "li",
    { class: "card document" },
    h(
      "div",
      { class: "document-head" },
      h("h3", {}, `Document ${number}`),
      h("span", { class: "soft" }, time(timestamp, { seconds: true })),
      h("span", { class: "mono" }, url ? `${method} ${url}` : "given with the request"),
    ),
    h("div", { class: "document-body" }, twimlView(twiml, `TwiML of document ${number}`), verbsView(verbs, current)),
  );
}

/** @param {Verb[]} verbs @param {boolean} current */
function verbsView(verbs, current) {
  if (verbs.length === 0) return h("p", { class: "soft" }, "No verb of it was run.");
  return h(
    "ol",
    { class: "verbs", "aria-label": "Verbs, as they were run" },
    verbs.map((verb, index) => verbView(verb, current && index === verbs.length - 1)),
  );
}

/** @param {Verb} verb @param {boolean} current whether it may still run */
function verbView({ name, started_at: started, ended_at: ended, data }, current) {
  const lasted = ended === null ? (current ? h("span", { class: "pill good" }, "now") : h("span", { class: "soft" }, "broken off")) : brief(ended - started);
  const outcome = Object.entries(data);
  return h(
    "li",
    { class: "verb" },
    h("div", { class: "verb-head" }, h("span", { class: "mono xml-tag" }, `<${name}>`), h("span", { class: "soft" }, time(started, { seconds: true })), h("span", {}, lasted)),
    outcome.length === 0 ? null : h("dl", { class: "facts" }, outcome.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", { dir: "auto" }, linked(value))))),
  );
}

/** @param {string} value an outcome; a SID leads to what it names */
function linked(value) {
  const kind = /^(CF|CA)[0-9a-f]{32}$/.exec(value)?.[1];
  return kind === undefined ? value : h("a", { href: `/dashboard/${KINDS[kind]}/${value}`, title: value }, shortSid(value));
}
