"""Builds the C core as `appliance._native`: each header is read by the compiler and by cffi alike.

cffi knows neither includes nor guards, so every preprocessor line but a plain numeric `#define` is taken out
of what it reads; the compiler still sees the whole header and rejects any drift between the two.
"""

import re
import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
# In the order in which they need each other.
HEADERS = [
    'door.h',
    'bcm.h',
    'pwm.h',
    'motion.h',
    'chain.h',
    'engine.h',
    'leftover.h',
    'real_pi.h',
    'virtual_bcm.h',
    'physics.h',
    'land.h',
    'playback.h',
    'filter.h',
    'spiral.h',
]
NUMBER = r'[ \t]*define[ \t]+\w+[ \t]+(?:0x[0-9A-Fa-f]+|-?\d+)[ \t]*(?:/\*.*\*/[ \t]*)?$'
NOT_FOR_CFFI = re.compile(rf'^[ \t]*#(?!{NUMBER}).*$', re.M)
WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Wstrict-prototypes', '-Werror']
# No contraction: the core gives the same bits on every processor.
CFLAGS = [
    '-std=c11',
    '-D_GNU_SOURCE',
    '-D_FILE_OFFSET_BITS=64',
    '-O2',
    '-fno-math-errno',
    '-ffp-contract=off',
    '-pthread',
    *WARNINGS,
]

headers = [name for name in HEADERS if (HERE / name).exists()]
ffi = FFI()
ffi.cdef('\n'.join(NOT_FOR_CFFI.sub('', (HERE / name).read_text(encoding='utf-8')) for name in headers))
ffi.set_source(
    'appliance._native',
    '\n'.join(f'#include "{name}"' for name in headers),
    sources=[f'native/{path.name}' for path in sorted(HERE.glob('*.c'))],
    include_dirs=[str(HERE)],
    depends=[str(path) for path in sorted(HERE.glob('*.h'))],
    undef_macros=['NDEBUG'],  # setuptools sets it, and assert() would vanish
    extra_compile_args=CFLAGS,
    extra_link_args=['-pthread'],
    libraries=['m', *(['atomic'] if sys.maxsize < 2**32 else [])],  # of 64 bits, which ARMv6 has in that library only
    py_limited_api=True,
)
