"""Only because cffi's build hook has no key in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=['native/build.py:ffi'])
