// The socket to the booth: tells what it says to whoever listens, and comes back by itself when it was lost.

const AGAIN_MS = [300, 1000, 2000, 4000];

export class Link {
  constructor() {
    this.on = {}; // text messages by their kind, binary ones by their first byte
    this.opened = () => {};
    this.lost = () => {};
    this.tries = 0;
  }

  open() {
    this.socket = new WebSocket(`ws://${location.host}/socket`);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => { this.tries = 0; this.opened(); };
    this.socket.onmessage = ({ data }) => this.take(data);
    this.socket.onclose = () => {
      this.lost();
      setTimeout(() => this.open(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    };
  }

  take(data) {
    if (typeof data === 'string') {
      const said = JSON.parse(data);
      this.on[said.t]?.(said.is);
    } else {
      this.on[new DataView(data).getUint8(0)]?.(data);
    }
  }

  get ready() { return this.socket?.readyState === WebSocket.OPEN; }

  tell(t, more = {}) { if (this.ready) this.socket.send(JSON.stringify({ t, ...more })); }

  send(bytes) { // the microphone: what the socket does not take at once is late and worth nothing
    if (this.ready && this.socket.bufferedAmount < 96000) this.socket.send(bytes);
  }
}
