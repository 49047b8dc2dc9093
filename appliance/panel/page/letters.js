// The letters that were cut: each a card with its sound, its picture and its report.

const NAMES = {
  sound: 'Sound (WAV)', clean: 'Without the film’s noise (WAV)', picture: 'Picture (PNG)', groove: 'Groove (NPZ)', report: 'Report (JSON)',
};

function make(kind, more = {}, ...children) {
  const node = Object.assign(document.createElement(kind), more);
  node.append(...children);
  return node;
}

function card({ number, seconds, speed_rpm: speed, has }) {
  const to = (part) => `/letters/${number}/${part}`;
  const title = make('h3', { textContent: `Letter no. ${number}` });
  const whole = Math.round(seconds);
  const length = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  const facts = make('p', { textContent: speed ? `${length} · ${speed} turns a minute` : length });
  const body = make('div', { className: 'letter-body' }, title, facts);
  if (has.includes('sound')) {
    const audio = make('audio', { controls: true, preload: 'none', src: to('sound') });
    audio.setAttribute('aria-label', `Letter no. ${number}, as the disc sounds`);
    body.append(audio);
  }
  const links = has.map((part) => {
    const link = make('a', { className: 'brass small', href: `${to(part)}?save`, textContent: NAMES[part] });
    link.setAttribute('aria-label', `Keep letter no. ${number}: ${NAMES[part]}`);
    return link;
  });
  body.append(links.length ? make('div', { className: 'row' }, ...links) : make('p', { textContent: 'No disc of it yet.' }));
  const item = make('li', { className: 'letter' });
  if (has.includes('picture')) {
    const image = make('img', { src: to('picture'), loading: 'lazy', alt: `The disc of letter no. ${number}, its groove drawn` });
    const link = make('a', { href: to('picture'), target: '_blank', rel: 'noopener', className: 'thumb' }, image);
    item.append(link);
  }
  item.append(body);
  return item;
}

export class Letters {
  constructor() {
    this.list = document.getElementById('letters');
    this.none = document.getElementById('no-letters');
    this.cards = new Map(); // by number: what stands already is not made anew, it may be playing
  }

  take(letters) {
    const cards = new Map();
    for (const letter of letters) {
      const was = this.cards.get(letter.number), facts = JSON.stringify(letter);
      cards.set(letter.number, was?.facts === facts ? was : { facts, node: card(letter) });
    }
    for (const [number, { node }] of this.cards) if (cards.get(number)?.node !== node) node.remove();
    let before = null;
    for (const { node } of cards.values()) {
      const place = before ? before.nextSibling : this.list.firstChild;
      if (place !== node) this.list.insertBefore(node, place);
      before = node;
    }
    this.cards = cards;
    this.none.hidden = letters.length > 0;
  }
}
