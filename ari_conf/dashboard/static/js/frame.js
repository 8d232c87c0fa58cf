// @ts-check
/** What is around every page: navigation, search, how the connection is, who is logged in. */

import { api } from "./api.js";
import { closeDialogs, sentence, toast, toastCorner } from "./dialog.js";
import { attribute, h, replace, text } from "./dom.js";
import { clock } from "./format.js";
import { icon } from "./icons.js";
import { Live } from "./live.js";
import { closeMenu } from "./menu.js";
import { Router, route } from "./router.js";
import { themeSwitch } from "./theme.js";

/** @type {{path: string, label: string, icon: import("./icons.js").Icon, counts?: "callback" | "notification" | "alarm"}[]} */
const PLACES = [
  { path: "/dashboard/", label: "Live", icon: "room" },
  { path: "/dashboard/conferences", label: "Conferences", icon: "history" },
  { path: "/dashboard/calls", label: "Calls", icon: "call" },
  { path: "/dashboard/recordings", label: "Recordings", icon: "recording" },
  { path: "/dashboard/queues", label: "Queues", icon: "queue" },
  { path: "/dashboard/callbacks", label: "Callbacks", icon: "callback", counts: "callback" },
  { path: "/dashboard/notifications", label: "Notifications", icon: "notification", counts: "notification" },
  { path: "/dashboard/health", label: "Health", icon: "health", counts: "alarm" },
];
const COUNTED = { callback: "failed since you looked", notification: "new since you looked", alarm: "alarms" };

const ROUTES = [
  route("/dashboard/", () => import("./pages/live.js")),
  route("/dashboard/conferences", () => import("./pages/conferences.js")),
  route("/dashboard/conferences/:sid", () => import("./pages/conference.js")),
  route("/dashboard/calls", () => import("./pages/calls.js")),
  route("/dashboard/calls/:sid", () => import("./pages/call.js")),
  route("/dashboard/recordings", () => import("./pages/recordings.js")),
  route("/dashboard/callbacks", () => import("./pages/callbacks.js")),
  route("/dashboard/notifications", () => import("./pages/notifications.js")),
  route("/dashboard/queues", () => import("./pages/queues.js")),
  route("/dashboard/health", () => import("./pages/health.js")),
];

/** @param {string} here @param {string} path */
const isAt = (here, path) => (path === "/dashboard/" ? here === path || here === "/dashboard" : here === path || here.startsWith(`${path}/`));

export class Frame {
  /**
   * @param {HTMLElement} body
   * @param {import("./api.js").Session} session
   * @param {() => void} ended is called when the session is over
   * @param {boolean} focus whether the first page takes the focus
   */
  constructor(body, session, ended, focus) {
    this.ended = ended;
    this.session = session;
    this.live = new Live(ended);
    this.counts = { callback: 0, notification: 0, alarm: 0 };
    this.state = h("p", { class: "connection", role: "status" });
    this.stale = h("p", { class: "stale", hidden: true });
    this.links = PLACES.map((place) => ({ place, ...link(place) }));
    const main = h("main", { id: "main", tabindex: "-1" });
    this.menu = h("button", { type: "button", class: "icon-button menu-button", "aria-expanded": "false", "aria-controls": "navigation" });
    this.menu.append(icon("menu"), h("span", { class: "visually-hidden" }, "Menu"));
    this.menu.addEventListener("click", () => this.unfold(this.menu.getAttribute("aria-expanded") !== "true"));
    this.navigation = h(
      "nav",
      { id: "navigation", "aria-label": "Pages" },
      h("ul", {}, ...this.links.map(({ item }) => item)),
      this.account(),
    );
    this.search = this.searchForm();
    const skip = h("a", { class: "skip", href: "#main" }, "Skip to the page");
    const brand = h("a", { class: "brand", href: "/dashboard/" }, h("img", { src: "/dashboard/static/icon.svg", alt: "", width: 24, height: 24 }), "ari_conf");
    const header = h("header", { class: "top" }, this.menu, brand, this.search, this.state);
    replace(body, skip, header, this.navigation, h("div", { class: "content" }, this.stale, main), toastCorner());
    this.unsubscribe = this.live.subscribe((news) => this.hear(news));
    this.router = new Router(main, ROUTES, () => this.given(), (path) => this.moved(path));
    this.ending = new AbortController();
    window.addEventListener("keydown", (event) => this.key(event), { signal: this.ending.signal });
    this.showConnection();
    this.live.start();
    this.router.start(this.ending.signal, focus);
  }

  close() {
    this.ending.abort();
    this.router.close();
    this.unsubscribe();
    this.live.stop();
  }

  given() {
    return { session: this.session, canAct: this.session.role === "operator", live: this.live };
  }

  account() {
    const { name, role } = this.session;
    const out = h("button", { type: "button", class: "button quiet", onclick: () => this.logout() }, icon("logout"), "Log out");
    return h(
      "div",
      { class: "account" },
      h("p", { class: "who" }, h("strong", {}, name), h("span", {}, role === "read-only" ? "may look, not act" : "operator")),
      themeSwitch(),
      out,
    );
  }

  searchForm() {
    const input = h("input", { type: "search", name: "q", placeholder: "Room, number, label, SID", "aria-label": "Search", autocomplete: "off" });
    const form = h("form", { class: "search", role: "search" }, icon("search"), input);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const query = input.value.trim();
      this.router.navigate(`/dashboard/conferences${query ? `?${new URLSearchParams({ q: query })}` : ""}`);
    });
    return form;
  }

  async logout() {
    try {
      await api.logout();
      this.ended();
    } catch (error) {
      toast(sentence(error), "bad");
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape" && this.navigation.classList.contains("open")) {
      this.unfold(false);
      this.menu.focus();
    }
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.search.querySelector("input")?.focus();
  }

  /** @param {boolean} open */
  unfold(open) {
    attribute(this.menu, "aria-expanded", String(open));
    this.navigation.classList.toggle("open", open);
  }

  /** @param {string} path */
  moved(path) {
    this.unfold(false);
    closeMenu();
    closeDialogs();
    this.showPlace(path);
  }

  /** Say in the navigation which page is open; what it counts has been seen by that. @param {string} path */
  showPlace(path) {
    for (const { place, anchor } of this.links) {
      attribute(anchor, "aria-current", isAt(path, place.path) ? "page" : null);
      if (isAt(path, place.path) && (place.counts === "callback" || place.counts === "notification")) this.counts[place.counts] = 0;
    }
    this.showCounts();
  }

  /** @param {import("./live.js").News} news */
  hear({ kind, data }) {
    if (kind === "connection") this.showConnection();
    else if (kind === "callback" || kind === "notification") {
      this.counts[kind] += 1;
      this.showPlace(location.pathname);
    } else if (kind === "snapshot" || kind === "health") {
      const { alarms } = kind === "health" ? data : data.health;
      this.counts.alarm = alarms.length;
      this.showCounts();
    }
  }

  showCounts() {
    for (const { place, badge } of this.links) {
      if (!place.counts || !badge) continue;
      const count = this.counts[place.counts];
      badge.hidden = count === 0;
      text(/** @type {HTMLElement} */ (badge.firstElementChild), count > 99 ? "99+" : count);
    }
  }

  showConnection() {
    const { phase, since } = this.live;
    attribute(this.state, "data-phase", phase);
    text(this.state, { connecting: "Connecting", live: "Live", cut: "No connection" }[phase]);
    this.stale.hidden = phase !== "cut";
    if (phase === "cut") text(this.stale, `No connection to the controller. What you see is as it was at ${clock(since, { seconds: true })}; it is tried again all the time.`);
    document.documentElement.classList.toggle("is-stale", phase === "cut");
  }
}

/** @param {typeof PLACES[number]} place */
function link(place) {
  const badge = place.counts
    ? h("span", { class: "badge", hidden: true, dataset: { counts: place.counts } }, h("span", {}, "0"), h("span", { class: "visually-hidden" }, ` ${COUNTED[place.counts]}`))
    : null;
  const anchor = h("a", { href: place.path }, icon(place.icon), h("span", { class: "label" }, place.label), badge);
  return { anchor, badge, item: h("li", {}, anchor) };
}
