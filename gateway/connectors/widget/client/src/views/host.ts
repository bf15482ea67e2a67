// The element on the site's page, with the bubble that opens the chat; all else stands in `root`.

import { h, icon } from "./dom";

export const element = document.createElement("open-lines");
export const root = h("div", "root");
export const badge = h("span", "badge");
export const bubble = h(
  "button",
  "bubble",
  icon("M12 4c-5 0-9 3-9 8 0 2 1 4 3 5l-1 4 4-2c6 1 12-2 12-7s-4-8-9-8z"),
  badge,
);

export const leaving = new AbortController(); // of everything that listens to the page

export const phone = matchMedia("(max-width:480px)");
export const dark = matchMedia("(prefers-color-scheme:dark)");

export function attach(sheet: string): ShadowRoot {
  const shadow = element.attachShadow({ mode: "open" });
  const sheets = new CSSStyleSheet();
  sheets.replaceSync(sheet);
  shadow.adoptedStyleSheets = [sheets];
  shadow.append(root);
  return shadow;
}
