// One message as an element. Rows are made anew when what they show has changed, and otherwise left alone.

import { remove, type Shown } from "../state/conversation";
import { language } from "../state/language";
import type { FileOf } from "../state/protocol";
import { again, press } from "../transport/delivery";
import { address } from "../transport/files";
import { type Child, CROSS, button, h, icon, link, safe } from "./dom";
import { enlarge } from "./lightbox";
import { rich } from "./rich";
import { T, t } from "./texts";

const SIGNS = { waiting: "M12 3a9 9 0 100 18 9 9 0 000-18zm0 5v4l3 2", sent: "M5 12l5 5 9-9", read: "M2 12l5 5 9-9m-4 9 9-9" };
const STATES = { waiting: T.waiting, sent: T.sent, read: T.read };

const REASONS: Record<string, T> = { lost: T.lost, too_large: T.too_large, empty: T.empty, kind: T.kind };

const label = ({ kind, name }: FileOf) => name || t(kind == "photo" ? T.photo : T.document);
export const amount = (bytes = 0): string =>
  bytes < 1 << 20
    ? `${Math.ceil(bytes / 1024)} ${t(T.kilobytes)}`
    : `${(Math.ceil(bytes / 104857.6) / 10).toLocaleString(language)} ${t(T.megabytes)}`;

export const gist = (message: Shown): string =>
  message.deleted ? t(T.deleted) : message.text || (message.files?.[0] ? label(message.files[0]) : "…");

function attachment(file: FileOf): HTMLElement {
  const { kind, width, height } = file;
  const words = h("small", {}, amount(file.size));
  const isPhoto = kind == "photo";
  const act = async () => {
    try {
      const src = await address(file);
      if (isPhoto) {
        box.onclick = () => enlarge(src, label(file));
        box.replaceChildren(h("img", { src, alt: label(file) }));
      } else if (kind == "document") h("a", { href: src, download: label(file) }).click();
      else {
        const player = h(kind == "video" ? "video" : "audio", { controls: true, src, title: label(file) });
        box.replaceWith(player);
        player.play().catch(() => {});
      }
    } catch {
      words.textContent = t(T.missing);
    }
  };
  const box = h(
    "button",
    { className: isPhoto ? "pic" : "doc", onclick: act },
    icon(kind == "document" || isPhoto ? "M12 4v11m-5-4 5 5 5-5M5 20h14" : "M8 5v14l11-7z"),
    h("span", {}, label(file), words),
  );
  if (isPhoto) {
    if (width && height) box.style.aspectRatio = `${+width}/${+height}`;
    const watch = new IntersectionObserver((seen) => {
      if (!seen[0]?.isIntersecting) return;
      watch.disconnect();
      void act();
    });
    watch.observe(box);
  }
  return box;
}

function foot(message: Shown, isLast: boolean): Child {
  const { state, why, at } = message;
  if (state == "failed")
    return h(
      "div",
      "foot bad",
      `${t(T.failed)} ${t(REASONS[why!] ?? T.bad)}`,
      !/lost|empty|kind/.test(why!) && h("button", { onclick: () => again(message) }, t(T.again)),
      h("button", { onclick: () => remove(message) }, t(T.remove)),
    );
  const sign = state ? (state == "sent" ? state : "waiting") : message.from == "visitor" && (message.read ? "read" : "sent");
  return (
    (isLast || message.edited || state) &&
    h(
      "div",
      "foot",
      message.edited && t(T.edited),
      h("time", {}, new Date(at).toLocaleTimeString(language, { timeStyle: "short" })),
      sign && h("span", "s " + sign, icon(SIGNS[sign]), h("span", "sr", t(STATES[sign]))),
    )
  );
}

export function row(message: Shown, isFirst: boolean, isLast: boolean, quoted?: Shown): HTMLElement {
  const { from, place, person, deleted, state, text } = message;
  const isTheirs = from == "operator";
  const point = place && `${+place.latitude}/${+place.longitude}`;
  return h(
    "div",
    { className: `row ${isTheirs ? "their" : "own"}${isFirst ? " first" : ""}`, id: message.id, tabIndex: -1 },
    h("span", isTheirs && isFirst ? "who" : "sr", isTheirs ? message.author || t(T.shop) : t(T.you)),
      h(
        "div",
        deleted ? "b none" : "b",
        ...(deleted
          ? [t(T.deleted)]
          : [
              quoted && h("div", "quote", gist(quoted)),
              ...(message.files ?? []).map(attachment),
              ...(message.attached ?? []).map((file) =>
                h(
                  "div",
                  "doc",
                  h(
                    "span",
                    {},
                    file.name,
                    h("small", {}, amount(file.size)),
                    !file.upload && state != "failed" && h("progress", { title: file.name, id: file.key }),
                  ),
                  state == "waiting" && button(t(T.remove), CROSS, () => remove(message)),
                ),
              ),
              text && h("div", "text", ...rich(text, message.entities)),
              place && link(`https://www.openstreetmap.org/#map=16/${point}`, `${place.title || t(T.place)} ${place.address ?? ""}`),
              person && h("div", "text", `${person.name}\n`, ...rich(person.phone)),
            ]),
        message.emoji && h("span", "react", message.emoji),
      ),
    !deleted && !!message.buttons?.length && h(
      "div",
      "keys",
      ...message.buttons.flat().map((one) => {
        const address = safe(one.url);
        return address
          ? link(address, one.text)
          : h("button", { disabled: message.pressed || !one.data, onclick: () => press(message, one) }, one.text);
      }),
    ),
    foot(message, isLast),
  );
}
