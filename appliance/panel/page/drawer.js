// The drawer of mishaps, the host's commands, and the visit that plays by itself.

const NAMES = {
  microphone: 'Microphone unplugged', 'full disk': 'Disk full', 'interlock missing': 'No interlock', stall: 'Platter stalls', swarf: 'Swarf tangles',
  underrun: 'Computer too slow', 'power cut': 'Power cut', permits: 'Supervisor silent', 'line cut': 'Interlock unplugged',
  'line noise': 'Interlock garbled', 'interlock reset': 'Interlock resets', 'interlock silent': 'Interlock hangs',
  'supply low': 'Supply too low', 'head hot': 'Head too hot', short: 'Short circuit',
};

export class Drawer {
  constructor(tell) {
    this.tell = tell;
    this.buttons = new Map();
    this.place = document.getElementById('faults');
    this.show = document.getElementById('show');
    this.show.addEventListener('click', () => { if (!this.showing) tell('show'); });
    for (const button of document.querySelectorAll('[data-host]')) {
      button.addEventListener('click', () => tell('host', { command: button.dataset.host }));
    }
  }

  take({ faults, showing }) {
    this.showing = showing;
    this.show.setAttribute('aria-disabled', String(showing));
    const words = showing ? 'A visit is being shown …' : 'Show me a whole visit';
    if (this.show.textContent !== words) this.show.textContent = words;
    for (const [name, on] of Object.entries(faults)) {
      const button = this.buttons.get(name) ?? this.add(name);
      button.setAttribute('aria-pressed', String(on));
    }
  }

  add(name) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'toggle', textContent: NAMES[name] ?? name });
    button.addEventListener('click', () => {
      this.tell('fault', { name, on: button.getAttribute('aria-pressed') !== 'true' });
    });
    this.place.append(button);
    this.buttons.set(name, button);
    return button;
  }
}
