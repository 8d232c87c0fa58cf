// @ts-check
/**
 * Pages by the path in the address bar.
 *
 * A page is a module that exports `open(root, params, context)`, which fills `root` and returns `{title, close()}`, or a
 * promise of it, and may export `styles`, the names of its style sheets. The first `h1` in `root` takes the focus.
 */

import { h, replace, useStyle } from "./dom.js";

/**
 * @typedef {object} Context what pages are given
 * @property {import("./api.js").Session} session who is logged in
 * @property {boolean} canAct whether the role allows more than to look
 * @property {import("./live.js").Live} live what goes on
 * @property {URLSearchParams} query of the address
 * @property {(query: URLSearchParams) => void} setQuery put another query into the address, and stay on the page
 * @property {(path: string, how?: {replace?: boolean}) => void} navigate
 * @property {(title: string) => void} setTitle for a title that is known only later, or changes
 */

/** @typedef {{title: string, close: () => void}} Opened */
/** @typedef {{open: (root: HTMLElement, params: Record<string, string>, context: Context) => Opened | Promise<Opened>, styles?: string[]}} Page */
/** @typedef {{pattern: RegExp, load: () => Promise<Page>}} Route */

/**
 * Return a route of a path such as "/dashboard/calls/:sid".
 * @param {string} path
 * @param {() => Promise<Page>} load
 * @returns {Route}
 */
export function route(path, load) {
  return { pattern: new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)").replace(/\/$/, "/?")}$`), load };
}

export class Router {
  /**
   * @param {HTMLElement} main where pages are shown
   * @param {Route[]} routes
   * @param {() => Omit<Context, "query" | "setQuery" | "navigate" | "setTitle">} given
   * @param {(path: string) => void} moved is told of each page that is opened
   */
  constructor(main, routes, given, moved) {
    this.main = main;
    this.routes = routes;
    this.given = given;
    this.moved = moved;
    /** @type {Opened | null} */
    this.opened = null;
    this.turn = 0;
    /** Path and query of the page that is shown; what follows "#" is a place in it. */
    this.shown = "";
  }

  /**
   * Open the page of the address, and follow links from now on.
   * @param {AbortSignal} signal when it is no longer wanted
   * @param {boolean} focus whether the page takes the focus
   */
  start(signal, focus) {
    window.addEventListener("popstate", () => here() !== this.shown && this.show(), { signal });
    document.addEventListener("click", (event) => this.follow(event), { signal });
    this.show({ focus });
  }

  close() {
    this.turn += 1;
    this.opened?.close();
    this.opened = null;
  }

  /** @param {string} path @param {{replace?: boolean}} [how] */
  navigate(path, { replace: inPlace = false } = {}) {
    if (inPlace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    window.scrollTo(0, 0);
    this.show();
  }

  /** @param {MouseEvent} event */
  follow(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    if (!this.find(link.pathname)) return;
    event.preventDefault();
    this.navigate(link.pathname + link.search + link.hash);
  }

  /** @param {string} path */
  find(path) {
    for (const { pattern, load } of this.routes) {
      const found = pattern.exec(path);
      const params = found && decoded(found.groups);
      if (params) return { load, params };
    }
    return null;
  }

  async show({ focus = true } = {}) {
    const turn = ++this.turn;
    this.opened?.close();
    this.opened = null;
    this.shown = here();
    this.moved(location.pathname);
    const root = h("div", { class: "page" });
    let opened;
    try {
      opened = await this.open(root);
    } catch (error) {
      opened = failed(root, error);
    }
    // Whoever has gone on meanwhile is on another page by now.
    if (turn !== this.turn) {
      opened.close();
      return;
    }
    this.opened = opened;
    this.setTitle(opened.title);
    replace(this.main, root);
    if (focus) focusHeading(root);
  }

  /** @param {HTMLElement} root @returns {Promise<Opened>} */
  async open(root) {
    const found = this.find(location.pathname);
    if (!found) return missing(root);
    const page = await found.load();
    await Promise.all((page.styles ?? []).map(useStyle));
    return page.open(root, found.params, {
      ...this.given(),
      query: new URLSearchParams(location.search),
      setQuery: (query) => this.setQuery(query),
      navigate: (path, how) => this.navigate(path, how),
      setTitle: (title) => this.setTitle(title),
    });
  }

  /** @param {URLSearchParams} query */
  setQuery(query) {
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    this.shown = here();
  }

  /** @param {string} title */
  setTitle(title) {
    document.title = `${title} · ari_conf`;
  }
}

const here = () => location.pathname + location.search;

/** @param {Record<string, string> | undefined} groups @returns {Record<string, string> | null} null if they are not percent-encoded text */
function decoded(groups) {
  try {
    return Object.fromEntries(Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return null;
  }
}

/** @param {HTMLElement} root */
function focusHeading(root) {
  const heading = root.querySelector("h1");
  if (!heading || root.contains(document.activeElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** @param {HTMLElement} root @returns {Opened} */
function missing(root) {
  replace(root, h("h1", {}, "There is no such page"), h("p", {}, h("a", { href: "/dashboard/" }, "To what goes on now")));
  return { title: "No such page", close() {} };
}

/** @param {HTMLElement} root @param {unknown} error @returns {Opened} */
function failed(root, error) {
  const because = error instanceof Error ? error.message : String(error);
  const again = h("button", { type: "button", class: "button", onclick: () => location.reload() }, "Load it again");
  replace(root, h("h1", {}, "This page could not be opened"), h("p", { role: "alert" }, because), again);
  return { title: "Not opened", close() {} };
}
