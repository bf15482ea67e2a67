/** The bar over the phones: how the gateway is, how to play, faults, which phones are shown, the language. */
import { avatar, h } from "./dom.js";
import { FaultsPanel } from "./faults.js";
import { icon } from "./icons.js";
import { shopLogo } from "./shop.js";
import { switchLanguage } from "./texts.js";
import { showToast } from "./toasts.js";

function logo() {
  return h("span", { class: "logo", "aria-hidden": "true" }, icon("menu"));
}

function checkbox(properties, isChecked, onChange) {
  const box = h("input", { type: "checkbox", ...properties, onchange: () => onChange(box.checked) });
  box.checked = isChecked;
  return box;
}

function steps() {
  const items = ["step1", "step2", "step3"].map((key) => h("li", { say: { text: key } }));
  return h("ol", { class: "steps", say: { "aria-label": "howto" } }, items);
}

export class Topbar {
  /** `choice` is `{isShown(user), setShown(user, flag), add(role), isSiteShown(), setSiteShown(flag)}` of the phones. */
  constructor(place, choice) {
    this.choice = choice;
    this.overlay = h("div", { class: "overlay page-overlay" });
    this.faults = new FaultsPanel((text) => showToast(this.overlay, text, true));
    this.gateway = h("span", { class: "pill state", role: "status", "data-gateway": "starting" });
    this.offline = h("span", { class: "pill offline", role: "status", hidden: true, "data-offline": true, say: { text: "offline" } });
    this.note = h("p", { class: "note-line", role: "status", hidden: true, "data-gateway-note": true });
    this.people = h("div", { id: "people", class: "panel people", popover: "auto", role: "dialog", say: { "aria-label": "phones" } });
    place.append(
      h("div", { class: "brand" }, logo(),
        h("h1", {}, h("span", { say: { text: "title" } }), h("small", { text: "Open Lines Gateway" }))),
      steps(),
      h("div", { class: "switches" },
        this.offline, this.gateway, this.faults.element,
        h("button", { type: "button", class: "pill", popovertarget: "people", "data-people": true },
          icon("people"), h("span", { say: { text: "phones" } })),
        this.people,
        h("button", {
          type: "button", class: "pill language", "data-language": true, onclick: switchLanguage,
          say: { text: "language-short", title: "language", "aria-label": "language" },
        })),
      this.note, this.overlay);
  }

  setOffline(isOffline) {
    this.offline.hidden = !isOffline;
  }

  /** Shows the state the server tells: the gateway and who may have a phone. */
  update(state) {
    const { state: told, note } = state.gateway;
    this.onVk = new Set(state.vk.dialogs.map((dialog) => dialog.user_id));
    this.onMeta = new Map(state.meta.dialogs.map((dialog) => [dialog.user_id, dialog.messenger]));
    this.onAvito = new Set(state.avito.chats.map((chat) => chat.user_id));
    this.onMax = new Set(state.max.dialogs.map((dialog) => dialog.user_id));
    this.gateway.dataset.gateway = told;
    this.gateway.title = note ?? "";
    this.gateway.replaceChildren(
      h("span", { class: "lamp" }), h("span", { say: { text: "gateway" } }), h("b", { say: { text: `gateway-${told}` } }));
    this.note.hidden = !note;
    this.note.textContent = note ?? "";
    this.people.replaceChildren(...["customer", "operator"].flatMap((role) => [
      h("h2", { say: { text: `${role}s` } }),
      ...(role === "customer" ? [this.#site()] : []),
      ...state.users.filter((user) => user.role === role).map((user) => this.#person(user)),
      h("button", {
        type: "button", class: "add", "data-add-person": role, say: { text: `add-${role}` },
        onclick: () => this.choice.add(role).catch((error) => showToast(this.overlay, error.message, true)),
      }),
    ]));
    this.faults.refresh();
  }

  #person(user) {
    const { isShown, setShown } = this.choice;
    const box = checkbox({ "data-show-phone": user.id }, isShown(user), (flag) => setShown(user, flag));
    const messenger = this.onMeta.get(user.id);
    const meta = messenger ? h("span", { class: `messenger-tag ${messenger}`, say: { text: messenger } }) : null;
    const tag = this.onVk.has(user.id) ? h("span", { class: "messenger-tag", say: { text: "on-vk" } }) : null;
    const avito = this.onAvito.has(user.id) ? h("span", { class: "messenger-tag avito", say: { text: "avito" } }) : null;
    const max = this.onMax.has(user.id) ? h("span", { class: "messenger-tag max", say: { text: "max" } }) : null;
    return h("label", { class: "person-choice" }, box, avatar(user, "small"), h("span", { text: user.name }), tag, meta, avito, max);
  }

  #site() {
    const { isSiteShown, setSiteShown } = this.choice;
    const box = checkbox({ "data-show-shop": true }, isSiteShown(), setSiteShown);
    return h("label", { class: "person-choice" }, box, shopLogo(), h("span", { say: { text: "shop-name" } }));
  }
}
