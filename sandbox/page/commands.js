/** The bot's commands: a button that lists them all, and hints while a person types one. A press sends it at once. */
import { h } from "./dom.js";
import { icon } from "./icons.js";

export class CommandHints {
  /** `commands` is `[{command, description}]` without slashes; `send(text)` takes the chosen one with its slash. */
  constructor(commands, input, send) {
    this.input = input;
    this.send = send;
    this.chosen = 0;
    this.element = h("div", { class: "hints", role: "listbox", hidden: true, say: { "aria-label": "commands" } });
    this.button = h("button", {
      type: "button", class: "tool commands", "data-commands": true, say: { "aria-label": "commands", title: "commands" },
      onclick: () => this.#toggleAll(),
    }, icon("menu"));
    this.setCommands(commands);
  }

  setCommands(commands) {
    this.commands = commands;
    this.button.hidden = commands.length === 0;
    this.element.hidden = true;
  }

  /** Shows those that begin as the text does; hides itself when none does. */
  show() {
    const typed = /^\/(\w*)$/.exec(this.input.value)?.[1];
    this.#list(typed === undefined ? [] : this.commands.filter(({ command }) => command.startsWith(typed)));
  }

  /** Arrows, Enter, Tab and Esc belong to the open list; says whether the key was taken. */
  takesKey(event) {
    if (this.element.hidden) return false;
    const items = [...this.element.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) this.#choose((this.chosen + step + items.length) % items.length);
    else if (event.key === "Escape") this.element.hidden = true;
    else if (event.key === "Enter" || event.key === "Tab") items[this.chosen].click();
    else return false;
    event.preventDefault();
    return true;
  }

  #toggleAll() {
    if (this.element.hidden) this.#list(this.commands);
    else this.element.hidden = true;
    this.input.focus();
  }

  #list(commands) {
    this.element.hidden = commands.length === 0;
    this.element.replaceChildren(...commands.map(({ command, description }) =>
      h("div", { class: "hint", role: "option", "data-command": command, onclick: () => this.#run(command) },
        h("strong", { text: `/${command}` }), h("span", { text: description }))));
    if (commands.length > 0) this.#choose(0);
  }

  #choose(index) {
    this.chosen = index;
    [...this.element.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    this.element.children[index].scrollIntoView({ block: "nearest" });
  }

  #run(command) {
    this.element.hidden = true;
    this.input.focus();
    this.send(`/${command}`);
  }
}
