// What the booth hears: the browser's microphone, a sound file, or the sample letter.

const SAYS = {
  NotAllowedError: 'The browser was not allowed to use the microphone.',
  NotFoundError: 'This computer has no microphone. A sound file or the sample letter does as well.',
  NotReadableError: 'Another program holds the microphone.',
};
const ELSE = 'The booth hears something else now: your microphone is off.';
const PLAIN = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Voice {
  constructor(link) {
    this.link = link;
    const get = (id) => document.getElementById(id);
    [this.mic, this.said, this.file, this.needle, this.drop] = ['mic', 'voice-said', 'file', 'needle', 'drop'].map(get);
    this.mic.addEventListener('click', () => this.on ? this.close('Your microphone is off.') : this.open());
    get('sample').addEventListener('click', () => {
      this.close();
      link.tell('sample');
      this.say('The booth hears the sample letter.');
    });
    get('silence').addEventListener('click', () => {
      this.close();
      link.tell('silence');
      this.say('The booth hears nothing.');
    });
    get('choose').addEventListener('click', () => this.file.click());
    this.file.addEventListener('change', () => { this.upload(this.file.files[0]); this.file.value = ''; });
    this.dropping();
  }

  get on() { return this.mic.getAttribute('aria-pressed') === 'true'; }

  say(text) { this.said.textContent = text; }

  async open() {
    const wish = this.wish = {}; // taken back by whoever closes meanwhile: a browser may ask for minutes
    this.mic.setAttribute('aria-pressed', 'true');
    let stream, context;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: PLAIN });
      context = await this.listen(stream, 48000).catch(() => this.listen(stream)); // some will not convert its rate
    } catch (error) {
      release(stream);
      if (this.wish === wish) this.close(SAYS[error.name] ?? `The microphone cannot be used (${error.name}).`);
      return;
    }
    if (this.wish !== wish) {
      release(stream, context);
      return;
    }
    [this.stream, this.context] = [stream, context];
    stream.getAudioTracks()[0].addEventListener('ended', () => this.close('The microphone was unplugged.'));
    this.again();
    this.say('The booth hears your microphone.');
  }

  async listen(stream, sampleRate) {
    const context = new AudioContext(sampleRate ? { sampleRate } : {});
    try {
      await context.audioWorklet.addModule('worklets.js');
      const ear = new AudioWorkletNode(context, 'ear', { numberOfOutputs: 0 });
      ear.port.onmessage = ({ data }) => { if (this.context === context) this.hear(data); };
      context.createMediaStreamSource(stream).connect(ear);
      await context.resume();
    } catch (error) {
      context.close();
      throw error;
    }
    return context;
  }

  hear(block) {
    let peak = 0;
    const pcm = Int16Array.from(block, (sample) => {
      peak = Math.max(peak, Math.abs(sample));
      return Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
    });
    this.link.send(pcm.buffer);
    this.show(peak);
  }

  show(peak) { // a needle that falls slower than it rises
    this.level = Math.max(peak, 0.9 * (this.level ?? 0));
    const part = Math.max(0, 1 + Math.log10(Math.max(this.level, 1e-4)) / 2.5);
    this.needle.style.transform = `scaleX(${part.toFixed(3)})`;
    this.needle.classList.toggle('hot', this.level > 0.9);
  }

  close(text) {
    const was = this.on;
    release(this.stream, this.context);
    this.wish = this.stream = this.context = null;
    this.mic.setAttribute('aria-pressed', 'false');
    this.level = 0;
    this.show(0);
    if (was) this.link.tell('voice', { on: false });
    if (text) this.say(text);
  }

  take({ voice }) { // true: this page is heard; null: none is. What is older than our wish says nothing of it
    if (voice) this.heard = true;
    else if (this.context && this.heard) this.close(voice === null ? ELSE : 'Another page speaks into the booth now.');
  }

  again() { // also when the socket was lost meanwhile
    this.heard = false;
    if (this.on) this.link.tell('voice', { on: true });
  }

  async upload(file) {
    if (!file) return;
    this.close();
    this.say(`${file.name} is on its way …`);
    try {
      const answer = await fetch('/voice', { method: 'POST', body: file });
      this.say(answer.ok ? `The booth hears ${file.name}.` : `${file.name}: ${(await answer.text()).trim()}.`);
    } catch {
      this.say(`${file.name} could not be handed over: it is larger than 100 MB, or the booth does not answer.`);
    }
  }

  dropping() {
    let depth = 0;
    const show = (by) => { depth = by ? Math.max(0, depth + by) : 0; this.drop.classList.toggle('over', depth > 0); };
    window.addEventListener('dragenter', () => show(1));
    window.addEventListener('dragleave', () => show(-1));
    window.addEventListener('dragover', (event) => event.preventDefault());
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      show(0);
      this.upload(event.dataTransfer.files[0]);
    });
  }
}

function release(stream, context) {
  stream?.getTracks().forEach((track) => track.stop());
  context?.close();
}
