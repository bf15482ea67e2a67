/** One small menu at a time, opened beside a button, on the browser's own top layer: Esc and a press outside close it. */
import { asPicture, h } from "./dom.js";
import { icon } from "./icons.js";

function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = at.bottom + size.height + 8 < innerHeight;
  const left = Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8));
  menu.style.left = `${at.left + size.width < innerWidth - 8 ? Math.max(8, at.left) : left}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
}

function moveFocus(menu, event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("button")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

function item(entry, menu) {
  const run = () => {
    menu.hidePopover();
    entry.run();
  };
  return h(
    "button",
    { type: "button", role: "menuitem", class: entry.danger ? "item danger" : "item", onclick: run, ...entry.data },
    entry.icon ? icon(entry.icon) : null,
    h("span", entry.say ? { say: { text: entry.say } } : { text: entry.text }),
  );
}

/**
 * Opens a menu by `anchor`. Entries: `{say|text, icon?, run, data?, danger?}`, `{heading}` and
 * `{emojis, chosen, run(emoji), name(emoji)}` for a row of reactions.
 */
export function openMenu(anchor, entries) {
  const menu = h("div", { class: "menu", popover: "auto", role: "menu", "data-menu": true });
  for (const entry of entries) {
    if (entry.heading) {
      menu.append(h("div", { class: "heading", say: { text: entry.heading } }));
    } else if (entry.emojis) {
      const row = entry.emojis.map((emoji) => {
        const run = () => {
          menu.hidePopover();
          entry.run(emoji);
        };
        return h("button", {
          type: "button", role: "menuitemcheckbox", class: "emoji", text: asPicture(emoji), onclick: run, "data-emoji": emoji,
          "aria-checked": String(entry.chosen === emoji), say: { "aria-label": entry.name(emoji) },
        });
      });
      menu.append(h("div", { class: "emojis" }, row));
    } else {
      menu.append(item(entry, menu));
    }
  }
  menu.addEventListener("keydown", (event) => moveFocus(menu, event));
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    menu.remove();
  });
  document.body.append(menu);
  menu.showPopover();
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  menu.querySelector("button")?.focus({ preventScroll: true });
}
