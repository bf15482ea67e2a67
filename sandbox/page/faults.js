/** The panel of faults: what the messenger's server is asked to do wrong, how many times, and how often it did. */
import { control } from "./control.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./texts.js";

const ASK_MS = 1000;

/** One switch each. `rule` is what the control API takes; `times` is how many are offered at first. */
const KINDS = [
  { name: "429", times: 3, rule: { method: "sendMessage", fault: "429", retry_after: 3 } },
  { name: "500", times: 3, rule: { method: "sendMessage", fault: "500" } },
  { name: "lost_reply", times: 1, rule: { method: "sendMessage", fault: "lost_reply" } },
  { name: "duplicate", times: 5, rule: { method: "getUpdates", fault: "duplicate" } },
  { name: "delay", times: 10, rule: { method: "sendMessage", fault: "delay", delay_ms: 2000 } },
].map((kind) => ({ ...kind, rule: { messenger: "telegram", ...kind.rule } }));

/** The same of VK, which fails in ways of its own. */
const VK_KINDS = [
  { name: "vk-6", times: 3, rule: { method: "messages.send", fault: "error", error_code: 6 } },
  { name: "vk-lost_reply", times: 1, rule: { method: "messages.send", fault: "lost_reply" } },
  { name: "vk-failed", times: 1, rule: { method: "longpoll", fault: "failed", error_code: 1 } },
  { name: "vk-duplicate", times: 5, rule: { method: "longpoll", fault: "duplicate" } },
].map((kind) => ({ ...kind, rule: { messenger: "vk", ...kind.rule } }));

/** The same of WhatsApp and Instagram. */
const META_KINDS = [
  { name: "whatsapp-131026", times: 1, rule: { messenger: "whatsapp", method: "status", fault: "failed", error_code: 131026 } },
  { name: "whatsapp-131056", times: 3, rule: { messenger: "whatsapp", method: "messages", fault: "error", error_code: 131056 } },
  { name: "whatsapp-lost_reply", times: 1, rule: { messenger: "whatsapp", method: "messages", fault: "lost_reply" } },
  { name: "whatsapp-duplicate", times: 5, rule: { messenger: "whatsapp", method: "webhook", fault: "duplicate" } },
  { name: "instagram-lost_reply", times: 1, rule: { messenger: "instagram", method: "messages", fault: "lost_reply" } },
  { name: "instagram-duplicate", times: 5, rule: { messenger: "instagram", method: "webhook", fault: "duplicate" } },
];

/** The same of Avito. */
const AVITO_KINDS = [
  { name: "avito-429", times: 3, rule: { method: "send", fault: "429", retry_after: 3 } },
  { name: "avito-lost_reply", times: 1, rule: { method: "send", fault: "lost_reply" } },
  { name: "avito-token", times: 1, rule: { method: "send", fault: "token" } },
  { name: "avito-402", times: 1, rule: { method: "send", fault: "402" } },
].map((kind) => ({ ...kind, rule: { messenger: "avito", ...kind.rule } }));

/** The same of MAX. */
const MAX_KINDS = [
  { name: "max-429", times: 3, rule: { method: "send", fault: "429" } },
  { name: "max-not_ready", times: 3, rule: { method: "send", fault: "not_ready" } },
  { name: "max-lost_reply", times: 1, rule: { method: "send", fault: "lost_reply" } },
  { name: "max-success_false", times: 1, rule: { method: "edit", fault: "success_false" } },
  { name: "max-duplicate", times: 5, rule: { method: "updates", fault: "duplicate" } },
].map((kind) => ({ ...kind, rule: { messenger: "max", ...kind.rule } }));

const ALL_KINDS = [...KINDS, ...VK_KINDS, ...META_KINDS, ...AVITO_KINDS, ...MAX_KINDS];

function isOf(rule, { rule: wanted }) {
  return rule.fault === wanted.fault && rule.method === wanted.method && rule.messenger === wanted.messenger;
}

export class FaultsPanel {
  /** `onError(text)` shows what the sandbox refused. */
  constructor(onError) {
    this.onError = onError;
    this.switches = new Map();
    this.total = h("span", { class: "badge", hidden: true });
    this.button = h("button", {
      type: "button", class: "pill", "data-faults": true, "aria-haspopup": "dialog", "aria-expanded": "false",
      popovertarget: "faults",
    }, icon("faults"), h("span", { say: { text: "faults" } }), this.total);
    this.panel = h("div", { id: "faults", class: "panel faults", popover: "auto", role: "dialog", say: { "aria-label": "faults" } },
      h("p", { say: { text: "faults-hint" } }), KINDS.map((kind) => this.#row(kind)),
      h("h2", { say: { text: "vk" } }), VK_KINDS.map((kind) => this.#row(kind)),
      h("h2", { say: { text: "meta" } }), META_KINDS.map((kind) => this.#row(kind)),
      h("h2", { say: { text: "avito" } }), AVITO_KINDS.map((kind) => this.#row(kind)),
      h("h2", { say: { text: "max" } }), MAX_KINDS.map((kind) => this.#row(kind)));
    this.panel.addEventListener("toggle", (event) => this.#onToggle(event.newState === "open"));
    this.element = h("div", {}, this.button, this.panel);
    this.refresh();
  }

  /** Shows what is really set at the server, how often each fired, and switches off what has run out. */
  async refresh() {
    let rules;
    try {
      ({ rules } = await control.faults());
    } catch {
      return; // the top bar already says that there is no connection
    }
    let active = 0;
    for (const kind of ALL_KINDS) {
      const { box, fired } = this.switches.get(kind.name);
      const rule = rules.find((one) => isOf(one, kind));
      box.checked = Boolean(rule) && (rule.times === undefined || rule.times === null || rule.fired < rule.times);
      if (box.checked) active += 1;
      if (rule) say(fired, { text: ["fault-fired", { count: rule.fired }] });
    }
    this.total.hidden = active === 0;
    this.total.textContent = String(active);
    this.button.classList.toggle("warning", active > 0);
  }

  #row({ name, times }) {
    const box = h("input", { type: "checkbox", role: "switch", id: `fault-${name}`, "data-fault": name, onchange: () => this.#apply() });
    const count = h("input", {
      type: "number", min: "1", max: "999", value: String(times), "data-fault-times": name,
      say: { "aria-label": "fault-times", title: "fault-times" }, onchange: () => box.checked && this.#apply(),
    });
    const fired = h("span", { class: "fired", "data-fault-fired": name });
    this.switches.set(name, { box, count, fired });
    return h("div", { class: "fault" }, box,
      h("label", { for: `fault-${name}` },
        h("strong", { say: { text: `fault-${name}` } }), h("span", { say: { text: `fault-${name}-hint` } })),
      fired, h("label", { class: "times" }, "×", count));
  }

  async #apply() {
    const rules = ALL_KINDS.filter(({ name }) => this.switches.get(name).box.checked).map(({ name, rule }) => ({
      ...rule, times: Number(this.switches.get(name).count.value) || 1,
    }));
    try {
      await (rules.length > 0 ? control.setFaults(rules) : control.clearFaults());
    } catch (error) {
      this.onError(error.message);
    }
    await this.refresh();
  }

  #onToggle(isOpen) {
    this.button.setAttribute("aria-expanded", String(isOpen));
    clearInterval(this.asking);
    if (isOpen) {
      this.refresh();
      this.asking = setInterval(() => this.refresh(), ASK_MS);
    }
  }
}
