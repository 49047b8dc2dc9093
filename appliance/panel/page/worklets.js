// In the sound thread: the microphone goes out in blocks at 48 kHz, the speaker comes in through a small store.

const RATE = 48000;
const BLOCK = 960; // 20 ms
const HALF = 16; // taps to each side, at the slower of the two rates

class Ear extends AudioWorkletProcessor { // float32 mono blocks, whatever rate the browser's own sound has
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    this.step = sampleRate / RATE;
    this.past = []; // not used yet; at = where the next sample of ours lies in it
    this.at = HALF * Math.max(this.step, 1);
  }

  process([input]) {
    const channels = input ?? [];
    if (!channels.length) return true;
    const mono = new Float32Array(channels[0].length);
    for (const channel of channels) for (let i = 0; i < mono.length; i += 1) mono[i] += channel[i] / channels.length;
    if (this.step === 1) for (const sample of mono) this.put(sample);
    else this.convert(mono);
    return true;
  }

  convert(mono) { // windowed sinc (Smith, "Digital Audio Resampling"), cut off at the slower rate
    this.past.push(...mono);
    const wide = Math.max(this.step, 1), reach = HALF * wide;
    while (this.at + reach < this.past.length) {
      let sum = 0;
      for (let i = Math.ceil(this.at - reach); i <= this.at + reach; i += 1) {
        const x = (i - this.at) / wide;
        const sinc = x ? Math.sin(Math.PI * x) / (Math.PI * x) : 1;
        sum += this.past[i] * sinc * (0.5 + 0.5 * Math.cos(Math.PI * x / HALF)) / wide;
      }
      this.put(sum);
      this.at += this.step;
    }
    const used = Math.max(0, Math.floor(this.at - reach) - 1);
    this.past.splice(0, used);
    this.at -= used;
  }

  put(sample) {
    this.block[this.filled++] = sample;
    if (this.filled < BLOCK) return;
    this.port.postMessage(this.block.slice());
    this.filled = 0;
  }
}

class Mouth extends AudioWorkletProcessor { // waits for a little in store, plays, and forgets what is too late
  constructor() {
    super();
    this.store = [];
    this.held = 0; // samples in store
    this.read = 0; // of the first block
    this.open = false;
    this.waited = 0; // samples since there is something in store
    this.port.onmessage = ({ data }) => {
      this.store.push(data);
      this.held += data.length;
      while (this.held > RATE / 2 && this.store.length > 1) {
        this.held -= this.store.shift().length - this.read;
        this.read = 0;
      }
      this.port.postMessage(this.held); // whoever sends may know how much waits
    };
  }

  process(inputs, [[out]]) {
    if (!this.open) { // a tone may be over before there is a tenth of a second of it
      if (this.store.length) this.waited += out.length;
      if (Math.max(this.held, this.waited) < RATE / 10) return true;
    }
    this.open = true;
    this.waited = 0;
    for (let i = 0; i < out.length; i += 1) {
      if (!this.store.length) { this.open = false; break; }
      out[i] = this.store[0][this.read++];
      this.held -= 1;
      if (this.read === this.store[0].length) { this.store.shift(); this.read = 0; }
    }
    return true;
  }
}

registerProcessor('ear', Ear);
registerProcessor('mouth', Mouth);
