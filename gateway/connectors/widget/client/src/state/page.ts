// The page around the chat: what is told of it to operators, and whether the chat stands open on it.

import type { Visit } from "./protocol";

export let isOpen = false;
let mark = ""; // what stands before the page's own title

export function setOpen(is: boolean): void {
  isOpen = is;
}

export const isWatched = () => isOpen && !document.hidden;

const ownTitle = () => document.title.slice(document.title.startsWith(mark) ? mark.length : 0);

// Shows in the tab's title how many messages are unread.
export function markTitle(count: number): void {
  const title = ownTitle();
  mark = count ? `(${count}) ` : "";
  if (document.title != mark + title) document.title = mark + title;
}

export const visit = (): Visit => ({ url: location.href, title: ownTitle(), referrer: document.referrer });
