// The LCD: the booth's frame buffer, pixel for pixel. Rows come compressed, and are drawn in the order they came.

export class Lcd {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext('2d', { alpha: false });
    this.last = Promise.resolve();
    new ResizeObserver(() => this.fit()).observe(canvas);
  }

  fit() { // square pixels where a whole number of the screen's own makes one; else they would differ in width
    const each = this.canvas.clientWidth / this.canvas.width * devicePixelRatio;
    this.canvas.classList.toggle('crisp', Math.abs(each - Math.round(each)) < 0.01);
  }

  take(data) {
    const view = new DataView(data);
    const first = view.getUint16(1, true), rows = view.getUint16(3, true);
    const unpacked = unpack(data.slice(5));
    this.last = this.last.then(async () => this.draw(first, rows, await unpacked)).catch(() => {});
  }

  draw(first, rows, rgb) {
    const image = this.pen.createImageData(this.canvas.width, rows), rgba = image.data;
    for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
      rgba[to] = rgb[from];
      rgba[to + 1] = rgb[from + 1];
      rgba[to + 2] = rgb[from + 2];
      rgba[to + 3] = 255;
    }
    this.pen.putImageData(image, 0, first);
    this.canvas.dataset.frames = Number(this.canvas.dataset.frames || 0) + 1;
  }

  light(lit) { this.canvas.classList.toggle('dark', !lit); }
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
