/**
 * Ready things to send, so that every kind of message can be tried without a file at hand. Pictures are drawn here on
 * a canvas, a new one each time; sounds and films are small files of our own beside this module.
 */
import { currentLanguage } from "./texts.js";

const FILES = {
  voice: { name: "voice.ogg", mime: "audio/ogg", details: { duration: 3 } },
  video: { name: "video.mp4", mime: "video/mp4", details: { duration: 3, width: 480, height: 270 } },
  video_note: { name: "note.mp4", mime: "video/mp4", details: { duration: 3, width: 240, height: 240 } },
  animation: { name: "animation.mp4", mime: "video/mp4", details: { duration: 2, width: 240, height: 180 } },
  audio: { name: "tune.mp3", mime: "audio/mpeg", details: { duration: 3, title: "Ромашка", performer: "Open Lines" } },
};

const random = (from, to) => from + Math.random() * (to - from);

function daisy(paint, x, y, radius, turn = 0) {
  paint.save();
  paint.translate(x, y);
  paint.rotate(turn);
  paint.fillStyle = "#fff";
  paint.shadowColor = "rgb(0 0 0 / 18%)";
  paint.shadowBlur = radius / 6;
  for (let petal = 0; petal < 14; petal += 1) {
    paint.rotate((Math.PI * 2) / 14);
    paint.beginPath();
    paint.ellipse(0, -radius * 0.66, radius * 0.15, radius * 0.4, 0, 0, Math.PI * 2);
    paint.fill();
  }
  const heart = paint.createRadialGradient(-radius * 0.1, -radius * 0.1, 1, 0, 0, radius * 0.34);
  heart.addColorStop(0, "#ffe27a");
  heart.addColorStop(1, "#f0a92b");
  paint.fillStyle = heart;
  paint.beginPath();
  paint.arc(0, 0, radius * 0.32, 0, Math.PI * 2);
  paint.fill();
  paint.restore();
}

function toFile(canvas, name, mime) {
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(new File([blob], name, { type: mime })), mime, 0.86);
  });
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return [canvas, canvas.getContext("2d")];
}

/** A meadow with daisies at a random hour of the day, as a JPEG. */
export async function samplePhoto() {
  const [width, height] = [800, 600];
  const [canvas, paint] = canvasOf(width, height);
  const hue = random(180, 330);
  const sky = paint.createLinearGradient(0, 0, 0, height * 0.75);
  sky.addColorStop(0, `hsl(${hue} 62% 58%)`);
  sky.addColorStop(1, `hsl(${hue - 140} 88% 82%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, width, height);
  paint.fillStyle = "rgb(255 246 214 / 90%)";
  paint.beginPath();
  paint.arc(random(160, 640), random(150, 260), 58, 0, Math.PI * 2);
  paint.fill();
  for (let hill = 0; hill < 3; hill += 1) {
    const top = height * (0.55 + hill * 0.13);
    paint.fillStyle = `hsl(${128 - hill * 8} 40% ${52 - hill * 10}%)`;
    paint.beginPath();
    paint.moveTo(0, height);
    paint.lineTo(0, top);
    paint.bezierCurveTo(width * 0.3, top - random(20, 90), width * 0.6, top + random(0, 70), width, top - random(0, 60));
    paint.lineTo(width, height);
    paint.fill();
  }
  for (let flower = 0; flower < 9; flower += 1) {
    const depth = flower / 8;
    daisy(paint, random(40, width - 40), height * (0.68 + depth * 0.26), 18 + depth * 44, random(0, 1));
  }
  return toFile(canvas, "photo.jpg", "image/jpeg");
}

/** A smiling daisy, as a WebP sticker of 512 × 512. */
export async function sampleSticker() {
  const [canvas, paint] = canvasOf(512, 512);
  daisy(paint, 256, 256, 236);
  paint.strokeStyle = "#7a4d10";
  paint.lineWidth = 9;
  paint.lineCap = "round";
  paint.beginPath();
  paint.arc(256, 262, 34, 0.15 * Math.PI, 0.85 * Math.PI);
  paint.stroke();
  paint.fillStyle = "#7a4d10";
  for (const x of [232, 280]) {
    paint.beginPath();
    paint.arc(x, 240, 8, 0, Math.PI * 2);
    paint.fill();
  }
  return toFile(canvas, "sticker.webp", "image/webp");
}

/** A short text file. */
export function sampleDocument() {
  const [name, text] = currentLanguage() === "ru"
    ? ["Заказ 1042.txt", "Заказ 1042\nРомашки, 15 шт.\nДоставка сегодня до 18:00\n"]
    : ["Order 1042.txt", "Order 1042\nDaisies, 15 pcs\nDelivery today before 18:00\n"];
  return new File([text], name, { type: "text/plain" });
}

/** A recorded kind (voice, video, video_note, animation, audio) and the details an app would measure. */
export async function sampleRecording(kind) {
  const { name, mime, details } = FILES[kind];
  const response = await fetch(new URL(`samples/${name}`, import.meta.url));
  return { file: new File([await response.blob()], name, { type: mime }), details };
}

export const samplePlace = { latitude: 55.75222, longitude: 37.61556 };

/** The person's friend, to be shared as a contact. */
export function samplePerson() {
  return { phone_number: "+79990001042", first_name: currentLanguage() === "ru" ? "Ольга" : "Olga" };
}
