/** What is not text in a message: pictures, sounds, films, files to download, places and people. */
import { avatar, h } from "./dom.js";
import { icon } from "./icons.js";
import { soundPlayer } from "./player.js";
import { fileSize } from "./texts.js";

/** Keeps the room of a picture before it is loaded, so that nothing jumps. */
function shaped(node, file) {
  if (file.width && file.height) node.style.aspectRatio = `${file.width} / ${file.height}`;
  return node;
}

function openPhoto(file) {
  const close = h("button", { type: "button", class: "round close", say: { "aria-label": "close-photo" } }, icon("close"));
  const dialog = h("dialog", { class: "viewer", "data-viewer": true }, h("img", { src: file.url, alt: "" }), close);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function photo(file) {
  const picture = shaped(h("img", { src: file.url, alt: "", loading: "lazy", draggable: "false" }), file);
  return h("button", {
    type: "button", class: "photo", onclick: () => openPhoto(file), say: { "aria-label": "open-photo" }, "data-photo": true,
  }, picture);
}

function film(file, kind) {
  const video = shaped(h("video", { src: file.url, preload: "metadata", playsinline: true, class: kind }), file);
  video.controls = kind === "video";
  video.loop = kind !== "video";
  if (kind === "animation" || kind === "sticker") {
    video.muted = true;
    video.autoplay = true;
  }
  if (kind !== "video_note") return video;
  const toggle = () => (video.paused ? video.play().catch(() => {}) : video.pause());
  const cover = h("button", { type: "button", class: "cover", onclick: toggle, say: { "aria-label": "play" } },
    h("span", { class: "round" }, icon("play")));
  video.addEventListener("play", () => cover.classList.add("playing"));
  video.addEventListener("pause", () => cover.classList.remove("playing"));
  return h("div", { class: "note" }, video, cover);
}

/** A picture or a short silent film; an animated one (.tgs) is nothing that a browser draws. */
function sticker(file) {
  if (file.mime?.startsWith("video/")) return film(file, "sticker");
  if (!file.mime?.startsWith("image/")) return download(file);
  return shaped(h("img", { src: file.url, alt: "", loading: "lazy", class: "sticker", draggable: "false" }), file);
}

function download(file) {
  const name = file.name || "file";
  return h("a", {
    class: "file", href: file.url, download: name, "data-file": true, say: { "aria-label": ["download", { name }] },
  },
  h("span", { class: "round" }, icon("document")),
  h("span", { class: "track" },
    h("span", { class: "name", text: name }),
    h("span", { class: "size", say: { text: () => fileSize(file.size ?? 0) } })));
}

/** One file of a message as its kind asks; an unknown kind is a file to download. */
export function fileNode(file) {
  switch (file.kind) {
    case "photo": return photo(file);
    case "voice":
    case "audio": return soundPlayer(file, file.kind);
    case "video":
    case "video_note": return film(file, file.kind);
    case "animation": return file.mime?.startsWith("image/") ? photo(file) : film(file, file.kind);
    case "sticker": return sticker(file);
    default: return download(file);
  }
}

/** A place as a drawn piece of map; nothing is asked from a map service. */
export function placeNode(place) {
  const where = `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}`;
  return h("div", { class: "place", "data-place": where },
    h("div", { class: "map" }, h("span", { class: "pin" }, icon("place"))),
    place.title ? h("strong", { text: place.title }) : null,
    place.address ? h("span", { text: place.address }) : null,
    h("span", { class: "size", text: where }));
}

/** A shared contact. */
export function personNode(person) {
  const digits = person.phone.replace(/\D/g, "").slice(-6);
  return h("div", { class: "person", "data-person": person.phone },
    avatar({ id: digits || 0, name: person.name }),
    h("span", { class: "track" }, h("strong", { text: person.name }), h("span", { class: "size", text: person.phone })));
}
