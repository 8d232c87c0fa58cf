// @ts-check
/** One stream of server-sent events for the whole application, and what it has told. */

import { api } from "./api.js";
import { fromSnapshot, takeUp } from "./rooms.js";

/** After so long without a message, the connection is taken for dead though nobody has said so. */
const SILENCE_SECONDS = 35;
/** A stream that the controller has refused is asked for again after so long; one that breaks off, by the browser itself. */
const AGAIN_SECONDS = 2;
/** A page that needs to know what goes on waits for it so long. */
const KNOWN_SECONDS = 5;
/** A page that nobody has looked at for so long needs no stream: browsers open only six connections to one host. */
const ASLEEP_SECONDS = 60;

/** @typedef {"connecting" | "live" | "cut"} Phase */
/** @typedef {"snapshot" | "change" | "recordings" | "timeline" | "levels" | "health" | "callback" | "notification" | "beat" | "connection"} Kind */
/**
 * @typedef {object} News
 * @property {Kind} kind
 * @property {any} [data] as it was sent
 * @property {import("./rooms.js").Touched} [touched] of a change
 */

/** @type {Kind[]} */
const TOLD = ["snapshot", "change", "recordings", "timeline", "levels", "health", "callback", "notification", "beat"];

export class Live {
  /** @param {() => void} ended is called when the session is over */
  constructor(ended) {
    this.ended = ended;
    /** @type {Phase} */
    this.phase = "connecting";
    /** Since when it is so, by this machine's clock. */
    this.since = Date.now() / 1000;
    /** @type {Map<string, import("./rooms.js").Room>} */
    this.rooms = new Map();
    /** @type {any} */
    this.health = null;
    /** @type {Record<string, number>} dBFS by Call SID, of the conference that is watched */
    this.levels = {};
    /** Seconds by which the controller's clock is ahead of this machine's. */
    this.ahead = 0;
    /** @type {Set<(news: News) => void>} */
    this.readers = new Set();
    /** @type {string | null} */
    this.watched = null;
    /** @type {EventSource | null} */
    this.source = null;
    this.heard = 0;
    /** @type {number | undefined} */
    this.retry = undefined;
    /** @type {number | undefined} */
    this.asleep = undefined;
    this.watchdog = 0;
    this.reopen = this.reopen.bind(this);
    this.looked = this.looked.bind(this);
  }

  /**
   * Be told what happens from now on.
   * @param {(news: News) => void} reader
   * @returns {() => void} call it to be told no more
   */
  subscribe(reader) {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  /**
   * Wait until it is known what goes on; not for ever, if the controller does not say.
   * @returns {Promise<void>}
   */
  known() {
    if (this.rooms.size || this.phase === "live") return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.subscribe(({ kind }) => kind === "snapshot" && done());
      const timer = setTimeout(done, KNOWN_SECONDS * 1000);
    });
  }

  /** Seconds since 1970 by the controller's clock. */
  now() {
    return Date.now() / 1000 + this.ahead;
  }

  start() {
    window.addEventListener("online", this.reopen);
    document.addEventListener("visibilitychange", this.looked);
    this.watchdog = window.setInterval(() => this.listen(), 1000);
    this.reopen();
  }

  stop() {
    window.removeEventListener("online", this.reopen);
    document.removeEventListener("visibilitychange", this.looked);
    clearInterval(this.watchdog);
    clearTimeout(this.asleep);
    this.close();
  }

  /**
   * Have levels and news of the timeline of one conference as well; null for none.
   * @param {string | null} sid
   */
  watch(sid) {
    if (sid === this.watched) return;
    this.watched = sid;
    this.levels = {};
    if (this.source) this.reopen();
  }

  /** Begin a new stream in the place of the one that is open, if any. */
  reopen() {
    this.close();
    this.heard = Date.now();
    const source = new EventSource(`/dashboard/api/live${this.watched ? `?conference=${this.watched}` : ""}`);
    for (const kind of TOLD) source.addEventListener(kind, (event) => this.take(kind, JSON.parse(event.data)));
    source.onerror = () => this.broken(source);
    this.source = source;
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /** @param {EventSource} source */
  async broken(source) {
    if (source !== this.source) return;
    this.become("cut");
    // The browser tries again by itself, unless it was refused.
    if (source.readyState !== EventSource.CLOSED) return;
    this.source = null;
    this.retry = window.setTimeout(this.reopen, AGAIN_SECONDS * 1000);
    try {
      if ((await api.session()) === null) this.ended();
    } catch {
      // The controller does not answer, which is shown already.
    }
  }

  listen() {
    if (!this.source || Date.now() - this.heard < SILENCE_SECONDS * 1000) return;
    this.reopen();
  }

  looked() {
    clearTimeout(this.asleep);
    if (document.hidden) this.asleep = window.setTimeout(() => this.close(), ASLEEP_SECONDS * 1000);
    else if (!this.source) this.reopen();
  }

  /** @param {Kind} kind @param {any} data */
  take(kind, data) {
    this.heard = Date.now();
    /** @type {News} */
    const news = { kind, data };
    if (data.now !== undefined) this.ahead = data.now - Date.now() / 1000;
    if (kind === "snapshot") {
      this.rooms = fromSnapshot(data.conferences);
      this.health = data.health;
    } else if (kind === "change") news.touched = takeUp(this.rooms, data);
    else if (kind === "recordings") this.record(data);
    else if (kind === "levels") this.levels = data;
    else if (kind === "health") this.health = data;
    this.become("live");
    this.tell(news);
  }

  /** @param {Record<string, import("./rooms.js").LiveRecording[]>} recordings */
  record(recordings) {
    for (const [sid, list] of Object.entries(recordings)) {
      const room = this.rooms.get(sid);
      if (room) room.recordings = list;
    }
  }

  /** @param {Phase} phase */
  become(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.since = Date.now() / 1000;
    this.tell({ kind: "connection" });
  }

  /** @param {News} news */
  tell(news) {
    for (const reader of [...this.readers]) reader(news);
  }
}
