"""Small pictures of screens, in which small things stay visible."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 4
"""Pixels of a screen along each side of a pixel of its thumbnail."""
HEIGHT, WIDTH = 52, 40

Image = NDArray[np.uint8]


def thumbnail(screen: Image) -> Image:
    """A quarter of a screen's height and width: of each block the colour that is rarest on the screen.

    So a ball of two pixels is a pixel, where an average or every fourth pixel would lose it.

    Parameters
    ----------
    screen : palette indices ``[lines, 160]``; lines beyond 208 are left out

    Returns
    -------
    uint8 ``[52, 40]``, palette indices
    """
    counts = np.bincount(screen.ravel(), minlength=256)
    blocks = screen[: HEIGHT * BLOCK].reshape(HEIGHT, BLOCK, WIDTH, BLOCK).swapaxes(1, 2).reshape(HEIGHT, WIDTH, -1)
    rarest = counts[blocks].argmin(-1)[..., None]
    return np.take_along_axis(blocks, rarest, -1)[..., 0]


class Album:
    """Images of many states, each kept once, with the colours they need."""

    def __init__(self) -> None:
        self._images: dict[bytes, int] = {}
        self._of: list[int] = []
        self._palette = np.zeros((256, 3), dtype=np.uint8)

    def add(self, images: Image, palette: Image) -> None:
        """Take in the images ``[n, 52, 40]`` of the next n states; colours not known yet are black."""
        for image in images:
            self._of.append(self._images.setdefault(image.tobytes(), len(self._images)))
        self._palette = np.maximum(self._palette, palette)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """``images`` ``[m, 52, 40]``, which of them is ``of`` each state ``[n]``, and the ``palette`` ``[256, 3]``."""
        images = np.frombuffer(b"".join(self._images), dtype=np.uint8).reshape(-1, HEIGHT, WIDTH)
        used = np.zeros((256, 1), dtype=np.bool_)
        used[images] = True
        return {"images": images, "of": np.array(self._of, dtype=np.int64), "palette": self._palette * used}


def changes(images: Image) -> Image:
    """Each image as its bitwise difference from the one before: mostly zeros, so that it compresses well."""
    differences = images.copy()
    differences[1:] ^= images[:-1]
    return differences


def accumulated(differences: Image) -> Image:
    """The images that :func:`changes` came from."""
    images: Image = np.bitwise_xor.accumulate(differences, axis=0)
    return images
