/**
 * The scrolled list of one conversation: keeps rows in order, replaces a row in place when its message changes, stays
 * at the bottom only while the reader is there, and asks for older messages at the top.
 */
import { bubble } from "./bubble.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const NEAR_BOTTOM_PX = 60;
const NEAR_TOP_PX = 120;

export class MessageList {
  /** `actions` go to every bubble; `loadOlder(beforeId)` resolves to `{messages, more}`. */
  constructor(actions, loadOlder) {
    this.actions = actions;
    this.loadOlder = loadOlder;
    this.messages = new Map(); // id → message
    this.rows = new Map(); // row key → {element, ids}
    this.more = false;
    this.sticks = true; // the reader is at the bottom, so new rows scroll into view
    this.missed = 0;
    this.top = 0;

    this.list = h("div", { class: "list" });
    this.scroller = h("div", {
      class: "scroller", tabindex: "0", role: "log", "aria-live": "off", "aria-relevant": "additions",
      say: { "aria-label": "messages" }, onscroll: () => this.#onScroll(),
    }, this.list);
    this.counter = h("span", { class: "count" });
    this.jump = h("button", {
      type: "button", class: "jump", hidden: true, "data-jump": true, say: { "aria-label": "to-newest", title: "to-newest" },
      onclick: () => this.toBottom(),
    }, icon("down"), this.counter);
    this.element = h("div", { class: "messages" }, this.scroller, this.jump);

    const keepBottom = new ResizeObserver(() => this.sticks && this.toBottom());
    keepBottom.observe(this.list);
    keepBottom.observe(this.scroller);
  }

  get isEmpty() {
    return this.messages.size === 0;
  }

  get last() {
    return [...this.messages.keys()].reduce((newest, id) => Math.max(newest, id), 0);
  }

  /** Takes a page of the newest messages: at first, and again after a break, when some may be missing or gone. */
  merge({ messages, more }) {
    const shown = messages.filter((message) => !message.deleted);
    const oldest = shown[0]?.id ?? Infinity;
    const isGap = more && oldest > this.last; // what lies between is unknown: begin anew
    for (const id of [...this.messages.keys()]) {
      if (isGap || id >= oldest || shown.length === 0) this.messages.delete(id);
    }
    if (isGap || this.rows.size === 0) this.more = more;
    for (const message of shown) this.messages.set(message.id, message);
    const touched = new Set([...this.rows.keys(), ...shown.map((message) => this.#keyOf(message))]);
    for (const key of touched) this.#draw(key);
    this.scroller.setAttribute("aria-live", "polite");
  }

  /** Shows a new or changed message; says whether it was not known before. */
  put(message, isFresh = false) {
    if (message.deleted) {
      this.remove(message.id);
      return false;
    }
    const isNew = !this.messages.has(message.id);
    this.messages.set(message.id, message);
    if (isNew && message.mine && isFresh) this.sticks = true;
    const element = this.#draw(this.#keyOf(message));
    if (isNew && isFresh) {
      element.classList.add("fresh");
      if (!this.sticks) {
        this.missed += 1;
        this.#showJump();
      }
    }
    return isNew;
  }

  remove(id) {
    const message = this.messages.get(id);
    if (!message) return;
    this.messages.delete(id);
    this.#draw(this.#keyOf(message));
  }

  /** Scrolls to a message and lights it up for a moment; says whether it is on the page. */
  goTo(id) {
    const message = this.messages.get(id);
    const element = message && this.rows.get(this.#keyOf(message))?.element;
    if (!element) return false;
    this.sticks = false;
    element.scrollIntoView({ block: "center", behavior: "smooth" });
    element.classList.remove("fresh");
    requestAnimationFrame(() => element.classList.add("fresh"));
    element.focus({ preventScroll: true });
    return true;
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop; // now, not with the event: a reader's own scroll may come before that
    this.sticks = true;
    this.missed = 0;
    this.#showJump();
  }

  #keyOf(message) {
    return message.groupId ? `group:${message.groupId}` : `one:${message.id}`;
  }

  #draw(key) {
    const row = this.rows.get(key);
    const messages = key.startsWith("group:")
      ? [...this.messages.values()].filter((message) => this.#keyOf(message) === key).sort((a, b) => a.id - b.id)
      : [this.messages.get(Number(key.slice(4)))].filter(Boolean);
    if (messages.length === 0) {
      const next = row?.element.nextElementSibling;
      row?.element.remove();
      this.rows.delete(key);
      if (next) this.#markDay(next);
      return null;
    }
    const element = bubble(messages, this.actions);
    element.dataset.order = messages[0].id;
    if (row) this.#replace(row.element, element);
    else this.#insert(element, messages[0].id);
    this.rows.set(key, { element });
    this.#markDay(element);
    if (element.nextElementSibling) this.#markDay(element.nextElementSibling);
    return element;
  }

  /** An edit may come while someone is on a button of this very message: the focus stays where it was. */
  #replace(old, element) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const same = focused && [...old.querySelectorAll("button, a")].indexOf(focused);
    old.replaceWith(element);
    if (focused === old) element.focus({ preventScroll: true });
    else if (focused) ([...element.querySelectorAll("button, a")][same] ?? element).focus({ preventScroll: true });
  }

  #insert(element, id) {
    let after = this.list.lastElementChild;
    while (after && Number(after.dataset.order) > id) after = after.previousElementSibling;
    if (after) after.after(element);
    else this.list.prepend(element);
  }

  #markDay(element) {
    const isFirst = element.previousElementSibling?.dataset.day !== element.dataset.day;
    element.classList.toggle("first-of-day", isFirst);
  }

  #showJump() {
    this.jump.hidden = this.sticks;
    this.counter.textContent = this.missed > 0 ? String(this.missed) : "";
  }

  async #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX) this.sticks = true;
    else if (scrollTop < this.top) this.sticks = false; // growth from below also leaves the bottom: that is no wish to
    this.top = scrollTop;
    if (this.sticks) this.missed = 0;
    this.#showJump();
    if (scrollTop < NEAR_TOP_PX && this.more) await this.#showOlder();
  }

  async #showOlder() {
    this.more = false; // until the answer says otherwise: one request at a time
    const oldest = Math.min(...this.messages.keys());
    let page;
    try {
      page = await this.loadOlder(oldest);
    } catch {
      this.more = true; // the next scroll asks again
      return;
    }
    const fromBottom = this.scroller.scrollHeight - this.scroller.scrollTop;
    for (const message of page.messages) this.put(message);
    this.scroller.scrollTop = this.scroller.scrollHeight - fromBottom;
    this.more = page.more;
  }
}
