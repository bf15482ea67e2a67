// The language that the widget speaks.

export let language: "ru" | "en";

// The site's setting, then the page's language, then the browser's; whoever reads no Russian reads English.
export function speak(wanted = "auto"): void {
  const auto = document.documentElement.lang || navigator.language;
  language = /^(ru|be|uk|kk)/i.test(wanted == "auto" ? auto : wanted) ? "ru" : "en";
}
