"""RPi.GPIO as a Pi would have it: pins with pulls, contacts that may be broken off."""


class FakeGpio:
    BCM, IN, OUT, LOW, HIGH, PUD_DOWN, PUD_UP = 11, 1, 0, 0, 1, 21, 22

    def __init__(self):
        self.pulls, self.outputs, self.driven = {}, {}, {}
        self.given_back, self.dead, self.mode = [], False, None

    def setwarnings(self, on):
        pass

    def setmode(self, mode):
        self.mode = mode

    def setup(self, pin, direction, pull_up_down=None, initial=None):
        assert self.mode == self.BCM
        if direction == self.IN:
            self.pulls[pin] = pull_up_down
        else:
            self.outputs[pin] = initial

    def input(self, pin):
        if self.dead:
            raise RuntimeError('no access to /dev/gpiomem')
        return self.driven.get(pin, self.HIGH if self.pulls[pin] == self.PUD_UP else self.LOW)

    def output(self, pin, level):
        if self.dead:
            raise RuntimeError('no access to /dev/gpiomem')
        if pin not in self.outputs:
            raise RuntimeError('The GPIO channel has not been set up as an OUTPUT')
        self.outputs[pin] = level

    def cleanup(self, pins):
        if self.dead:
            raise RuntimeError('no access to /dev/gpiomem')
        self.given_back.extend(pins)
