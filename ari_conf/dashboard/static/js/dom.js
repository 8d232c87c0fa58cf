// @ts-check
/** Elements made from data. Data becomes text nodes and attributes, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} One */
/** @typedef {One | readonly any[]} Child what is false, null or undefined is left out, and an array may have arrays in it */
/** @typedef {Record<string, any>} Props */

/**
 * Make an element of HTML.
 *
 * Of `props`, `onclick` and the like are listeners, `dataset` and `vars` (CSS variables by name, "--level") are objects,
 * `class` may be an array with gaps; `value` and `checked` are set as properties; everything else is an attribute, `true`
 * one without a value, and null, undefined and false leave it out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  assign(element, props);
  add(element, children);
  return element;
}

/**
 * Make an element of SVG, as `h` does.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  assign(element, props);
  add(element, children);
  return element;
}

/**
 * Set what `h` sets, on an element that is there.
 * @param {HTMLElement | SVGElement} element
 * @param {Props} props
 */
export function assign(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "vars") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, String(one));
    else if (name === "class") element.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
    else if (name === "value" || name === "checked") Reflect.set(element, name, value);
    else attribute(element, name, value);
  }
}

/**
 * Set or remove an attribute, but touch nothing if it is as it should be.
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Set an element's text, but touch nothing if it is that already.
 * @param {Element} element
 * @param {string | number} value
 */
export function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * Put children in the place of all that `parent` has.
 * @param {Element} parent
 * @param {...Child} children
 */
export function replace(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

/** @type {WeakMap<Element, Map<any, Element>>} */
const kept = new WeakMap();

/**
 * Bring the children of `parent` into line with `items`: those that stay are kept, with focus and scroll; those that have
 * gone are removed, new ones made by `create`, and `update`, if given, is called for each that stays or is new.
 * `parent` must have no other children. Keys must be unique.
 * @template Item
 * @template {Element} Made
 * @param {Element} parent
 * @param {Iterable<Item>} items
 * @param {(item: Item) => unknown} key
 * @param {(item: Item) => Made} create
 * @param {(element: Made, item: Item) => void} [update]
 * @returns {Map<unknown, Made>} the elements by key
 */
export function keyed(parent, items, key, create, update) {
  const before = /** @type {Map<unknown, Made>} */ (kept.get(parent) ?? new Map());
  /** @type {Map<unknown, Made>} */
  const after = new Map();
  /** @type {[Item, Made][]} */
  const wanted = [];
  for (const item of items) {
    const name = key(item);
    const element = before.get(name) ?? create(item);
    after.set(name, element);
    wanted.push([item, element]);
  }
  // One that is elsewhere by now has been moved there.
  for (const [name, element] of before) if (!after.has(name) && element.parentElement === parent) element.remove();
  let at = parent.firstElementChild;
  for (const [item, element] of wanted) {
    if (element === at) at = at.nextElementSibling;
    else put(parent, element, at);
    update?.(element, item);
  }
  kept.set(parent, after);
  return after;
}

/**
 * Put an element before another. What is in it keeps the focus, if the browser can move without taking out.
 * @param {Element} parent @param {Element} element @param {Element | null} at
 */
function put(parent, element, at) {
  if (element.isConnected && parent.isConnected && "moveBefore" in parent) parent.moveBefore(element, at);
  else parent.insertBefore(element, at);
}

/** @type {Map<string, Promise<void>>} */
const styles = new Map();

/**
 * Load a style sheet of `static/style/` once, and wait until it is there.
 * @param {string} name such as "timeline.css"
 * @returns {Promise<void>}
 */
export function useStyle(name) {
  let loading = styles.get(name);
  if (!loading) {
    loading = new Promise((resolve) => {
      // A style sheet that is missing makes a page plain, not unusable.
      const done = () => resolve();
      document.head.append(h("link", { rel: "stylesheet", href: `/dashboard/static/style/${name}`, onload: done, onerror: done }));
    });
    styles.set(name, loading);
  }
  return loading;
}
