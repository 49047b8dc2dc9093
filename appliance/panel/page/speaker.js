// The booth's speaker, from the first touch of the page on: browsers play nothing before it.

export class Speaker {
  constructor(link) {
    this.link = link;
    this.volume = document.getElementById('volume');
    this.mute = document.getElementById('mute');
    this.volume.addEventListener('input', () => this.turn());
    this.mute.addEventListener('click', () => {
      this.mute.setAttribute('aria-pressed', String(!this.muted));
      this.turn();
    });
    for (const touch of ['pointerdown', 'keydown']) window.addEventListener(touch, () => this.wake(), { capture: true });
  }

  get muted() { return this.mute.getAttribute('aria-pressed') === 'true'; }

  async wake() {
    if (this.context) {
      if (this.context.state === 'suspended') await this.context.resume().catch(() => {});
      return;
    }
    this.context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    try {
      await this.context.audioWorklet.addModule('worklets.js');
    } catch { // the booth does not answer just now: the next touch asks again
      this.context.close();
      this.context = null;
      return;
    }
    this.mouth = new AudioWorkletNode(this.context, 'mouth', { numberOfInputs: 0, outputChannelCount: [1] });
    this.gain = this.context.createGain();
    this.mouth.connect(this.gain).connect(this.context.destination);
    this.turn();
    this.ask();
  }

  ask() { if (this.mouth) this.link.tell('hear', { on: true }); } // again after the socket was lost

  turn() {
    if (!this.gain) return;
    const loud = this.muted ? 0 : (this.volume.value / 100) ** 2; // as loud as the knob looks
    this.gain.gain.setTargetAtTime(loud, this.context.currentTime, 0.02);
  }

  take(data) {
    if (!this.mouth) return;
    const pcm = new Int16Array(data.slice(1));
    this.mouth.port.postMessage(Float32Array.from(pcm, (sample) => sample / 32768));
  }
}
