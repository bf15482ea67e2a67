/** What a bot answers to a press, shown in the phone where the press was made: a toast that goes by itself, or an alert. */
import { h } from "./dom.js";

const SHOWN_MS = 5000;

/** Shows a line over the messages for some seconds; `isError` paints what went wrong at the sandbox itself. */
export function showToast(place, text, isError = false) {
  place.querySelector("[data-toast='toast']")?.remove();
  const toast = h("div", { class: isError ? "toast error" : "toast", role: "status", "data-toast": "toast", text });
  place.append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}

/** Shows an alert that stays until it is confirmed, and gives the focus back afterwards. */
export function showAlert(place, text) {
  const before = document.activeElement;
  const close = () => {
    alert.remove();
    if (before?.isConnected) before.focus();
  };
  const ok = h("button", { type: "button", class: "primary", onclick: close, "data-ok": true, say: { text: "ok" } });
  const alert = h("div", { class: "alert", "data-toast": "alert", role: "alertdialog", "aria-modal": "true", "aria-label": text },
    h("div", { class: "box" }, h("p", { text }), ok));
  alert.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Tab") event.preventDefault();
  });
  place.append(alert);
  ok.focus();
}
