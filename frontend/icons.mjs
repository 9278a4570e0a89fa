// The icons of the installed counter page, drawn here: a bag with a code on it. Answers PNG files as bytes.
import { deflateSync } from "node:zlib";

const [BLUE, WHITE] = [[11, 79, 143], [255, 255, 255]];
const CORNERS = [[0.40, 0.50], [0.53, 0.50], [0.40, 0.63]]; // of the code: three eyes, as every QR code has them
const EYE = 0.09;

// What colour the picture has at x, y (0…1). The bag keeps inside the circle that every system leaves of an icon.
function colourAt(x, y) {
  const inBag = x > 0.29 && x < 0.71 && y > 0.4 && y < 0.78;
  const handle = Math.hypot((x - 0.5) / 0.13, (y - 0.4) / 0.16);
  if (!inBag) return y < 0.4 && handle < 1 && handle > 0.7 ? WHITE : BLUE;
  const inEye = CORNERS.some(([left, top]) => x > left && x < left + EYE && y > top && y < top + EYE);
  const inDot = x > 0.56 && x < 0.6 && y > 0.66 && y < 0.7;
  return inEye || inDot ? BLUE : WHITE;
}

function crc(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
}

export function icon(size, samples = 3) {
  const rows = Buffer.alloc(size * (size * 3 + 1)); // each row begins with the number of its filter, 0
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const sum = [0, 0, 0];
      for (let n = 0; n < samples * samples; n += 1) {
        const colour = colourAt((x + ((n % samples) + 0.5) / samples) / size, (y + (Math.floor(n / samples) + 0.5) / samples) / size);
        colour.forEach((part, channel) => (sum[channel] += part));
      }
      sum.forEach((part, channel) => (rows[y * (size * 3 + 1) + 1 + x * 3 + channel] = Math.round(part / (samples * samples))));
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2], 8); // bits per channel, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
