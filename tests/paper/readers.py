"""Independent readers of the paper: poppler's tools, pypdf and zbar."""

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pypdf
import pytest
from PIL import Image

PACKAGES = {
    'pdftoppm': 'poppler-utils',
    'pdftotext': 'poppler-utils',
    'pdffonts': 'poppler-utils',
    'pdfinfo': 'poppler-utils',
    'zbarimg': 'zbar-tools',
}
MM = 25.4 / 72


def tool(name, *words, given=b''):
    if shutil.which(name) is None:
        pytest.skip(f'{name} is not installed; on Debian: apt install {PACKAGES[name]}')
    return subprocess.run([name, *map(str, words)], input=given, capture_output=True, check=True, timeout=60).stdout


def pictures(pdf, dpi=150):
    """Each page as grey values."""
    data = tool('pdftoppm', '-r', dpi, '-gray', '-', given=pdf)
    found = []
    while data:
        head = re.match(rb'P5\s+(\d+)\s+(\d+)\s+255\s', data)
        wide, tall = int(head[1]), int(head[2])
        pixels, data = data[head.end() : head.end() + wide * tall], data[head.end() + wide * tall :]
        found.append(np.frombuffer(pixels, np.uint8).reshape(tall, wide))
    return found


def codes(folder, picture):
    """What a decoder reads in a picture."""
    path = Path(folder) / 'page.png'
    Image.fromarray(picture).save(path)
    return tool('zbarimg', '-q', '--raw', '--nodbus', path).decode().split()


def words(pdf):
    """Of each page: (left, bottom, right, top, text) in mm from the lower left corner."""
    tree = ElementTree.fromstring(tool('pdftotext', '-bbox', '-', '-', given=pdf))
    space = '{http://www.w3.org/1999/xhtml}'
    found = []
    for page in tree.iter(f'{space}page'):
        tall = float(page.get('height'))
        places = [(*(float(word.get(key)) for key in ('xMin', 'yMin', 'xMax', 'yMax')), word.text)
                  for word in page.iter(f'{space}word')]  # fmt: skip
        found.append([(x0 * MM, (tall - y1) * MM, x1 * MM, (tall - y0) * MM, text) for x0, y0, x1, y1, text in places])
    return found


def text(pdf):
    """All of it, by a second reader, spaces and line ends as one."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return ' '.join(' '.join(page.extract_text() for page in pages).split())


def fonts(pdf):
    """Name and whether it is embedded."""
    lines = tool('pdffonts', '-', given=pdf).decode().splitlines()[2:]
    return {line.split()[0]: re.search(r' (yes|no) +(yes|no) +(yes|no) ', line)[1] == 'yes' for line in lines}
