// The page: joins its parts to the socket. It decides nothing; what a press means, the booth knows.

import { Controls } from './controls.js';
import { Drawer } from './drawer.js';
import { Lathe } from './lathe.js';
import { Lcd } from './lcd.js';
import { Letters } from './letters.js';
import { Link } from './link.js';
import { Speaker } from './speaker.js';
import { Voice } from './voice.js';

const link = new Link();
const tell = (t, more) => link.tell(t, more);
const controls = new Controls(tell), drawer = new Drawer(tell), lathe = new Lathe(), letters = new Letters();
const screen = document.getElementById('lcd');
const lcd = new Lcd(screen), speaker = new Speaker(link), voice = new Voice(link);
const said = document.getElementById('said'), lost = document.getElementById('lost');
let saying = '';

function announce([language, title, line, left, go, right]) { // a number that counts down is not news
  const text = [title, line].filter(Boolean).join(/[.?!？。]$/.test(title) ? ' ' : '. ');
  screen.setAttribute('aria-label', text); // for whoever looks there, the number as it is
  screen.lang = language;
  const does = [left, go, right].some(Boolean)
    ? ` (${[['←', left], ['R', go], ['→', right]].filter(([, label]) => label).map((pair) => pair.join(' ')).join(', ')})`
    : '';
  const which = text.slice(0, Math.max(text.indexOf(': '), 0)); // of several discs: that number is
  const same = which + (text + does).replace(/\d+/g, '0');
  if (same === saying) return;
  saying = same;
  said.lang = language;
  said.textContent = text + does;
}

link.on.facts = (facts) => {
  document.body.dataset.state = facts.state;
  document.title = facts.state === 'attract' ? 'Audio Letters' : `Audio Letters · ${facts.state}`;
  lcd.light(facts.lit);
  controls.take(facts);
  lathe.inputs(controls.inputs);
  drawer.take(facts);
  voice.take(facts);
  announce(facts.words);
};
link.on.platter = (platter) => lathe.take(platter);
link.on.letters = (list) => letters.take(list);
link.on[1] = (data) => lcd.take(data);
link.on[2] = (data) => speaker.take(data);
link.on[3] = (data) => lathe.groove(data);
link.opened = () => {
  controls.again();
  lost.hidden = true;
  document.body.classList.remove('lost');
  lathe.groove(new Uint8Array([3, 1, 0, 0, 0, 0]).buffer); // whatever the disc was; what it is comes now
  speaker.ask();
  voice.again();
};
link.lost = () => {
  controls.letGo();
  document.body.classList.add('lost');
  lost.textContent = 'The booth does not answer. This page tries again by itself; is the program still running?';
  lost.hidden = false;
};
link.open();
