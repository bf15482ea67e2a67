/** Line icons drawn on a 24-unit grid. They are decoration: the button around one carries the name. */

const PATHS = {
  attach: "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8",
  block: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
  chat: "M4 5.5h16v11H10l-4.5 3.5v-3.5H4z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  document: "M6 3h8l4 4v14H6zM14 3v4h4",
  down: "M12 5v13M6 12.5l6 6 6-6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  faults: "M13 3L5 13.5h6L10 21l8.5-11h-6.5z",
  gif: "M3 6h18v12H3zM7 10v4M11 10h-1v4h1M15 14v-4h2.5M15 12h2",
  menu: "M5 7h14M5 12h14M5 17h9",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  music: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
  note: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM10 8.8v6.4l5-3.2z",
  out: "M14 4h6v6M20 4l-9 9M17 14v5H5V7h5",
  pause: "M8.5 6v12M15.5 6v12",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 14.4c2.4.7 4 2.7 4 5.6",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-4 3.3-6.5 7.5-6.5s7.5 2.5 7.5 6.5",
  photo: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9v.01",
  place: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  play: "M8 5.5v13l10.5-6.5z",
  reply: "M10 6l-6 6 6 6M4 12h9c4 0 7 2 7 6.5",
  send: "M4 4.5l17 7.5-17 7.5 2.5-7.5zM6.5 12H14",
  sticker: "M12 3.5A8.5 8.5 0 1 0 20.5 12c-5 0-8.5-3.5-8.5-8.5zM20.5 12L12 3.5",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13",
  video: "M3 6.5h12v11H3zM15 10.5l6-3v9l-6-3",
  voice: "M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
};

const SVG = "http://www.w3.org/2000/svg";

/** An `<svg>` of the named icon, as large as the text around it asks. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
