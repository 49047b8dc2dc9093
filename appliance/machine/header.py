"""What each pin of the two headers is. Sources: Raspberry Pi hardware documentation, "GPIO and the 40-pin header";
Raspberry Pi Pico datasheet, figure 4 (its header)."""

from __future__ import annotations

# Pin 1 first, as they are counted: odd in the inner row, even in the outer.
PI: tuple[str, ...] = (
    '3.3 V', '5 V', 'GPIO 2', '5 V', 'GPIO 3', 'ground', 'GPIO 4', 'GPIO 14', 'ground', 'GPIO 15',
    'GPIO 17', 'GPIO 18', 'GPIO 27', 'ground', 'GPIO 22', 'GPIO 23', '3.3 V', 'GPIO 24', 'GPIO 10', 'ground',
    'GPIO 9', 'GPIO 25', 'GPIO 11', 'GPIO 8', 'ground', 'GPIO 7', 'GPIO 0', 'GPIO 1', 'GPIO 5', 'ground',
    'GPIO 6', 'GPIO 12', 'GPIO 13', 'ground', 'GPIO 19', 'GPIO 16', 'GPIO 26', 'GPIO 20', 'ground', 'GPIO 21',
)  # fmt: skip
# Pin 1 first, down the left side and up the right.
PICO: tuple[str, ...] = (
    'GP 0', 'GP 1', 'ground', 'GP 2', 'GP 3', 'GP 4', 'GP 5', 'ground', 'GP 6', 'GP 7',
    'GP 8', 'GP 9', 'ground', 'GP 10', 'GP 11', 'GP 12', 'GP 13', 'ground', 'GP 14', 'GP 15',
    'GP 16', 'GP 17', 'ground', 'GP 18', 'GP 19', 'GP 20', 'GP 21', 'ground', 'GP 22', 'RUN',
    'GP 26', 'GP 27', 'analogue ground', 'GP 28', 'ADC_VREF', '3.3 V out', '3V3_EN', 'ground', 'VSYS', 'VBUS',
)  # fmt: skip


def pi_pin(gpio: int) -> int:
    """Where a GPIO comes out on the Pi's header, 1 to 40."""
    return PI.index(f'GPIO {gpio}') + 1


def pico_pin(number: int) -> int:
    """Where a GP comes out on the Pico's header, 1 to 40."""
    return PICO.index(f'GP {number}') + 1


def meant(number: int, name: str, header: tuple[str, ...]) -> str:
    """What somebody means who has counted pins of a header: a sentence, '' where that pin carries no such number."""
    if not 1 <= number <= len(header) or not header[number - 1].startswith(f'{name} '):
        return ''
    return f'{name} numbers count, not pins of the header: pin {number} is {header[number - 1]}'
