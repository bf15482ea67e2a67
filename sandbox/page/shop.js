/**
 * The shop's site in a phone of its own, as one of its visitors has it: a frame and nothing more. What happens in it is
 * between the site, the gateway's chat and the visitor.
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOP = "/shop/";

/** The shop’s own sign, as large as an avatar beside it. */
export function shopLogo() {
  return h("img", { src: `${SHOP}static/daisy.svg`, alt: "", width: "28", height: "28" });
}

/** The element of the shop's phone; made anew it begins at the shop's first page. */
export function shopPhone() {
  return h("article", { class: "phone customer site", "data-shop": true, say: { "aria-label": "shop-site" } },
    h("header", { class: "owner" },
      shopLogo(),
      h("strong", { class: "name", say: { text: "shop-name" } }),
      h("span", { class: "role", say: { text: "visitor" } }),
      h("a", {
        class: "tool", href: SHOP, target: "_blank", "data-open-shop": true, say: { "aria-label": "open-in-tab", title: "open-in-tab" },
      }, icon("out"))),
    h("div", { class: "frame" },
      h("div", { class: "screen" }, h("iframe", { src: SHOP, allow: "autoplay; camera; clipboard-write", say: { title: "shop-site" } }))));
}
