// What a new visitor is asked for, checked by the browser itself; the first message takes the answers along.

import { isNew } from "../state/conversation";
import type { Look } from "../state/protocol";
import { put } from "../state/storage";
import { who } from "../state/visitor";
import { h, link, safe } from "./dom";
import { T, t } from "./texts";

let form: HTMLFormElement | null;

// The form, or null where nothing is to be asked. `done`: the visitor has confirmed it.
export function asked({ ask, policy }: Look, done: () => void): HTMLElement | null {
  if (!isNew() || who() || !ask?.length) return (form = null);
  const address = safe(policy!);
  form ??= h(
    "form",
    {
      className: "ask",
      onsubmit(event: Event) {
        event.preventDefault(); // Enter in its only field would load the page anew
        done();
      },
    },
    ...ask.map(({ field, required }) => {
      const type = field == "phone" ? "tel" : field; // "name" is no type, and so a line of text
      const input = h("input", { name: field, type, autocomplete: type, required });
      if (type == "tel") input.pattern = "\\P{L}{5,25}"; // anything that has no letters
      return h("label", {}, t(field == "name" ? T.name : field == "email" ? T.email : T.phone), required && " *", input);
    }),
    address &&
      h(
        "label",
        "tick",
        h("input", { name: "consent", type: "checkbox", required: true }),
        h("span", {}, t(T.consent), " ", link(address, t(T.policy))),
      ),
  );
  return form;
}

// Whether all is answered; what is not has the focus, and the browser says what is wrong.
export function answers(): boolean {
  if (!form) return true;
  if (!form.reportValidity()) return false;
  const given: Record<string, unknown> = {};
  for (const { name, type, value } of form.querySelectorAll("input"))
    if (value.trim()) given[name] = type == "checkbox" || value.trim();
  put("profile", given);
  return true;
}
