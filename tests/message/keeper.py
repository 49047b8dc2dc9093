"""A program that keeps letters until it is killed, and says of each when it is kept or forgotten. Run by a test."""

import sys
import zlib
from pathlib import Path

from tests.message.store_rig import Rig, speech


def say(word, number, of=0):
    sys.stdout.write(f'{word} {number} {of}\n')
    sys.stdout.flush()


def main(root, seed):
    rig = Rig(Path(root))
    rig.stores.recover()
    say('ready', 0)
    while True:
        seed += 1
        sound = speech(0.3, seed)
        rig.stores.begin_take().write(sound)
        number = rig.stores.keep().number
        whole = (sound.astype('f8') * (1 << 23)).round().clip(max=(1 << 23) - 1).astype('i4')
        say('kept', number, zlib.crc32(whole.tobytes()))
        rig.stores.discard()
        if number % 3 == 0:
            say('forgets', number - 1)
            rig.stores.forget(number - 1)
            say('forgotten', number - 1)


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
