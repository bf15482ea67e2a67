// A short soft tone for a new answer. Browsers allow it after the first gesture only, and so do we; one tab of several plays it.

import { get, put } from "../state/storage";

let audio: AudioContext | undefined;

export const isMuted = () => !!get("mute");

export function ring(about: string): void {
  if (!navigator.userActivation?.hasBeenActive || isMuted() || get("rang") == about) return;
  put("rang", about);
  audio ??= new AudioContext();
  const now = audio.currentTime;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.linearRampToValueAtTime(880, now + 0.1);
  volume.gain.value = 0.07;
  volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(now + 0.4);
}
