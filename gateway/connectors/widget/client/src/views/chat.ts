// The chat: open or closed, at its place on the page, and drawn when something has changed.

import { arrived, unread } from "../state/conversation";
import { isOpen, markTitle, setOpen } from "../state/page";
import { alone } from "../state/script";
import { changed } from "../state/signals";
import { drop, put } from "../state/storage";
import { isAttended, session } from "../state/visitor";
import { start } from "../transport/connection";
import { emit, tell } from "./callbacks";
import { badge, bubble, element, leaving, phone, root } from "./host";
import { dress, look } from "./look";
import { build, panel, render, show } from "./panel";
import { ring } from "./sound";
import { T, t } from "./texts";

let isTrapped = false; // by a page that lets the focus go nowhere else
let drawing = 0;

changed.on(() => {
  drawing ||= window.setTimeout(draw, 10);
});

arrived.on((message) => {
  if (!isOpen || !document.hasFocus()) ring(message.id);
  emit("message", message);
});

export function draw(): void {
  clearTimeout(drawing);
  drawing = 0;
  if (leaving.signal.aborted) return;
  if (dress()) {
    panel?.remove();
    build(look, closed);
    root.prepend(panel);
    if (isOpen) raise(false);
  }
  if (isOpen) render(look);
  const count = unread();
  const words = t(isOpen ? T.close : T.open);
  badge.textContent = `${count || ""}`;
  bubble.ariaLabel = count ? `${words} (${count})` : words;
  bubble.ariaExpanded = `${isOpen}`;
  markTitle(count);
  tell("unread", count);
  if (session) tell("online", isAttended);
}

export function raise(focus: boolean): void {
  fit();
  show((phone.matches || isTrapped) && !alone, focus);
}

// The page keeps the focus from the chat: all but the chat is made inert.
export function insist(): void {
  if (isTrapped || !isOpen) return;
  isTrapped = true;
  raise(true);
}

// A phone's keyboard covers what is fixed; this is what is left.
export function fit(): void {
  // What the page's own zoom enlarges would hang out of the window.
  root.style.zoom = `${1 / ((element as { currentCSSZoom?: number }).currentCSSZoom || 1)}`;
  root.style.setProperty("--h", visualViewport!.height + "px");
  root.style.setProperty("--t", visualViewport!.offsetTop + "px");
}

export function open(focus = true): void {
  if (isOpen) return;
  setOpen(true);
  root.classList.add("open");
  if (panel) raise(focus);
  draw();
  void start();
  if (!alone) put("open", 1);
  emit("open");
}

function closed(): void {
  if (!isOpen || panel.open) return;
  setOpen(false);
  isTrapped = false;
  root.classList.remove("open");
  drop("open");
  changed.tell();
  emit("close");
}

export function close(): void {
  if (alone) return;
  panel?.close();
  closed(); // the dialog itself tells it late
}

export function toggle(): void {
  if (isOpen) close();
  else open();
}

bubble.onclick = toggle;
