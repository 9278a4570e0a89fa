// Codes from the camera, by zxing-cpp compiled to WebAssembly. Every second picture is for QR alone, which is quickest;
// the others are for boarding passes. PDF417 is found only when it lies straight, so the picture is turned a little.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm";

const ONE = { maxNumberOfSymbols: 1, tryHarder: true };
const QR = { formats: ["QRCode"], ...ONE };
const SQUARE = { formats: ["Aztec", "DataMatrix"], ...ONE };
const STACKED = { formats: ["PDF417"], ...ONE };
const PASSES = [[STACKED, 0], [SQUARE, 0], [STACKED, 8], [STACKED, -8], [SQUARE, 0], [STACKED, 16], [STACKED, -16]]; // turned by degrees
const WIDEST = 1280; // pixels; more costs time and finds no more
const AWAY = 2500; // ms that a code must be out of sight before it counts as shown again
const TROUBLE = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", NotReadableError: "busy", AbortError: "busy" };
const CHOSEN_IS_AWAY = new Set(["OverconstrainedError", "NotFoundError"]);
const WISH = { width: { ideal: 1280 }, height: { ideal: 720 } };

let prepared = null;
const prepare = () => {
  // The library's own address would be a public host.
  prepared ??= prepareZXingModule({
    overrides: { locateFile: (name) => (name.endsWith(".wasm") ? new URL(wasm, import.meta.url).href : name) },
    fireImmediately: true,
  });
  return prepared;
};

// Why there is no picture: "refused", "missing" or "busy" (DOMException names of Media Capture and Streams), or "no".
export const troubleOf = ({ name }) => TROUBLE[name] ?? "no";

// One code in view is one scan, until it was away for a while.
export class Seen {
  constructor() {
    this.text = "";
    this.at = -Infinity;
  }

  isNew(text, at) {
    const fresh = text !== this.text || at - this.at > AWAY;
    this.text = text;
    this.at = at;
    return fresh;
  }
}

export class Camera {
  // `onEnd` is called when the picture ends by itself: the camera was pulled out, or its permission taken away.
  constructor(video, onCode, onEnd = () => {}, win = window) {
    Object.assign(this, { video, onCode, onEnd, win, stream: null, frames: 0, seen: new Seen(), run: 0 });
    this.canvas = win.document.createElement("canvas");
    this.sheet = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  get isOn() {
    return this.stream !== null;
  }

  // Rejects when there is no camera, or it may not be used; troubleOf() says which. `deviceId` chooses one; when that is
  // not there any more, another is taken.
  async start(deviceId = "") {
    this.stop();
    const run = (this.run += 1);
    const [stream] = await Promise.all([this.picture(deviceId), prepare()]);
    if (run !== this.run) { // stopped, or started anew, meanwhile
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => { // not by stop(): that fires nothing
      if (run !== this.run) return;
      this.stop();
      this.onEnd();
    });
    this.video.srcObject = stream;
    await this.video.play();
    this.next(run);
  }

  async picture(deviceId) {
    const { mediaDevices } = this.win.navigator;
    const ask = (which) => mediaDevices.getUserMedia({ audio: false, video: { ...WISH, ...which } });
    const any = { facingMode: "environment" };
    if (!deviceId) return ask(any);
    try {
      return await ask({ deviceId: { exact: deviceId } });
    } catch (fault) {
      if (!CHOSEN_IS_AWAY.has(fault.name)) throw fault;
      return ask(any);
    }
  }

  stop() {
    this.run += 1;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  // The cameras to choose from: [{id, label, isUsed}]; fewer than two is no choice.
  async choices() {
    const used = this.stream?.getVideoTracks()[0]?.getSettings().deviceId;
    const devices = await this.win.navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId, label }) => ({ id: deviceId, label, isUsed: deviceId === used }));
  }

  get hasTorch() {
    return Boolean(this.stream?.getVideoTracks()[0]?.getCapabilities?.().torch);
  }

  // Answers whether it is lit now.
  async light(on) {
    try {
      await this.stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
      return on;
    } catch { // some cameras say that they have a light, and it stays dark
      return false;
    }
  }

  next(run) {
    const go = () => this.read(run);
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(go);
    else this.win.setTimeout(go, 60);
  }

  async read(run) {
    if (run !== this.run || !this.stream) return;
    const began = this.win.performance.now();
    if (this.video.videoWidth) {
      const [options, degrees] = this.frames % 2 ? PASSES[((this.frames - 1) / 2) % PASSES.length] : [QR, 0];
      this.frames += 1;
      const [found] = await readBarcodes(this.sight((degrees * Math.PI) / 180), options);
      if (run !== this.run) return;
      if (found?.isValid && found.text && this.seen.isNew(found.text, this.win.performance.now())) this.onCode(found.text, began);
    }
    this.next(run);
  }

  sight(turn) {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, WIDEST / videoWidth);
    const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.sheet.setTransform(1, 0, 0, 1, 0, 0);
    if (turn) {
      this.sheet.fillRect(0, 0, width, height);
      this.sheet.translate(width / 2, height / 2);
      this.sheet.rotate(turn);
      this.sheet.translate(-width / 2, -height / 2);
    }
    this.sheet.drawImage(this.video, 0, 0, width, height);
    return this.sheet.getImageData(0, 0, width, height);
  }
}
