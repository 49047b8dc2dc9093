// Fingers: what springs back is down as long as a pointer or a key holds it, and never longer. What stays is switched.

const LEAST_MS = 60; // down, and up again before the next: shorter than a contact bounces would not be seen
const MOST_QUEUED = 8;
const TAP_MS = 150; // a click without a finger: a screen reader
const KEYS = { r: 'record', arrowleft: 'left', arrowright: 'right', l: 'lid', b: 'blank', escape: 'stop', m: 'mute' };

class Hold {
  constructor(button, tell) {
    this.button = button;
    this.tell = tell;
    this.by = new Set();
    this.since = -LEAST_MS; // of the last change
    this.timer = 0;
    this.queue = []; // changes still to come
    button.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      event.preventDefault();
      button.focus({ preventScroll: true });
      try { button.setPointerCapture(event.pointerId); } catch { /* the pointer is gone already */ }
      this.down(event.pointerId);
    });
    for (const over of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      button.addEventListener(over, (event) => this.up(event.pointerId));
    }
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    button.addEventListener('keydown', (event) => this.key(event, true));
    button.addEventListener('keyup', (event) => this.key(event, false));
    button.addEventListener('click', (event) => { if (event.detail === 0 && !this.by.size) this.tap(); });
    button.addEventListener('blur', () => this.up('focus'));
  }

  key(event, on) {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault(); // or a click would follow
    if (!event.repeat) on ? this.down('focus') : this.up('focus');
  }

  tap() {
    this.down('tap');
    setTimeout(() => this.up('tap'), TAP_MS);
  }

  down(by) {
    this.by.add(by);
    if (this.by.size === 1) this.want(true);
  }

  up(by) {
    if (this.by.delete(by) && !this.by.size) this.want(false);
  }

  want(on) { // quick presses are each given their time, in order: none is lost in the one before
    if (this.queue.length < MOST_QUEUED) this.queue.push(on);
    else if (this.queue.at(-1) !== on) this.queue.pop(); // too many: one press less, but the last word counts
    this.next();
  }

  next() {
    if (this.timer || !this.queue.length) return;
    const rest = this.since + LEAST_MS - performance.now();
    if (rest > 0) {
      this.timer = setTimeout(() => { this.timer = 0; this.next(); }, rest);
      return;
    }
    this.since = performance.now();
    this.show(this.queue.shift());
    this.next();
  }

  letGo() { // the window is left: whatever was held is not any more
    this.by.clear();
    this.queue = [];
    clearTimeout(this.timer);
    this.timer = 0;
    this.show(false);
  }

  show(on) {
    if (this.button.classList.contains('down') === on) return;
    this.button.classList.toggle('down', on);
    this.tell('set', { name: this.button.dataset.hold, on });
  }
}

export class Controls {
  constructor(tell) {
    this.tell = tell;
    this.inputs = {};
    this.again();
    this.holds = {};
    this.hints = document.getElementById('hint');
    for (const button of document.querySelectorAll('[data-hold]')) this.holds[button.id] = new Hold(button, tell);
    for (const button of document.querySelectorAll('[data-switch]')) {
      button.addEventListener('click', () => this.flip(button.dataset.switch));
    }
    for (const [id, name] of [['glass', 'lid_closed'], ['turn', 'blank']]) { // the things themselves, by hand
      document.getElementById(id).addEventListener('click', () => this.flip(name));
    }
    this.keyboard();
    for (const [where, what] of [[window, 'blur'], [window, 'pagehide']]) {
      where.addEventListener(what, () => this.letGo());
    }
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.letGo(); });
  }

  letGo() { for (const hold of Object.values(this.holds)) hold.letGo(); }

  again() { this.flips = 0; } // a new socket: the booth counts from the beginning

  keyboard() {
    const on = document.getElementById('keys');
    const meant = (event) => {
      const id = KEYS[event.key.toLowerCase()];
      const typing = event.target.closest?.('input[type=range], audio, summary') && event.key.startsWith('Arrow');
      return on.checked && id && !typing && !event.ctrlKey && !event.metaKey && !event.altKey ? id : '';
    };
    window.addEventListener('keydown', (event) => {
      const id = meant(event);
      if (!id) return;
      event.preventDefault();
      if (event.repeat) return;
      if (this.holds[id]) this.holds[id].down('key');
      else document.getElementById(id).click();
    });
    window.addEventListener('keyup', (event) => {
      this.holds[KEYS[event.key.toLowerCase()]]?.up('key'); // whatever else is down by now
    });
  }

  flip(name) { // a hand cannot reach through a closed lid
    const closed = this.inputs.lid_closed;
    const stuck = name === 'blank' && closed;
    this.hints.textContent = stuck ? 'The lid is closed: open it first.' : '';
    if (stuck) return;
    const on = !this.inputs[name];
    this.inputs = { ...this.inputs, [name]: on }; // a quick hand does not wait to be told
    this.flips += 1;
    this.tell('set', { name, on });
  }

  take({ inputs, switched: done, words, lamp }) {
    if (done >= this.flips) this.inputs = inputs; // or the news is older than what this hand did since
    ({ inputs } = this);
    const [language, , , left, go, right] = words;
    name('left', 'Left pad', left, language);
    name('record', `Record button, ${lamp ? 'lit' : 'dark'}`, go, language);
    name('right', 'Right pad', right, language);
    document.getElementById('record').classList.toggle('lit', lamp);
    switched('lid', inputs.lid_closed, inputs.lid_closed ? 'Open the lid' : 'Close the lid');
    switched('blank', inputs.blank, inputs.blank ? 'Take the disc' : 'Lay a blank');
    const stop = document.getElementById('stop');
    stop.setAttribute('aria-pressed', String(inputs.stop_pressed));
    stop.querySelector('.stop-name').textContent = inputs.stop_pressed ? 'Pull out' : 'Stop';
  }
}

function name(id, what, label, language) { // each half in its own language, or a screen reader mispronounces one
  const button = document.getElementById(id), does = button.querySelector('.does');
  put(button.querySelector('.what'), label ? `${what}: ` : what);
  put(does, label);
  does.lang = language;
}

function put(node, text) { if (node.textContent !== text) node.textContent = text; }

function switched(id, on, words) {
  const button = document.getElementById(id);
  button.classList.toggle('on', on);
  button.removeAttribute('aria-pressed'); // the words say what it will do
  put(button.querySelector('.lever-name'), words);
}
