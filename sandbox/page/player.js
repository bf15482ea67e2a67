/** A sound with a play button, a bar to seek and its time; only one sound of the page plays at once. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./texts.js";

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
let playing = null;

/** The player of a voice message or of a track with a title. */
export function soundPlayer(file, kind) {
  const sound = new Audio();
  sound.preload = "metadata";
  sound.src = file.url;
  const length = () => (Number.isFinite(sound.duration) ? sound.duration : (file.duration ?? 0));

  const toggle = h("button", { type: "button", class: "round", "data-play": kind });
  const bar = h("input", { type: "range", min: 0, max: 1000, value: 0, class: "seek", say: { "aria-label": "seek" } });
  const time = h("span", { class: "time" });

  function show() {
    toggle.replaceChildren(icon(sound.paused ? "play" : "pause"));
    say(toggle, { "aria-label": sound.paused ? "play" : "pause" });
    const share = length() > 0 ? sound.currentTime / length() : 0;
    bar.value = Math.round(share * 1000);
    bar.style.setProperty("--done", `${share * 100}%`);
    time.textContent = minutes(sound.currentTime > 0 ? sound.currentTime : length());
  }

  toggle.addEventListener("click", () => {
    if (!sound.paused) return sound.pause();
    playing?.pause();
    playing = sound;
    return sound.play().catch(() => show());
  });
  bar.addEventListener("input", () => {
    sound.currentTime = (bar.value / 1000) * length();
  });
  for (const event of ["play", "pause", "ended", "timeupdate", "loadedmetadata"]) sound.addEventListener(event, show);
  show();

  const title = kind === "audio" ? h("span", { class: "name", text: file.title ?? "" }) : null;
  return h("div", { class: `player ${kind}` }, toggle, h("div", { class: "track" }, title, bar, time));
}
