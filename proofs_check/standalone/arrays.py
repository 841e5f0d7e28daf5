"""Arrays of numbers in plain lists, with the indexing and broadcasting of numpy."""

from __future__ import annotations

import operator
from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod

from proofs_check.standalone.scalars import (
    Inexact,
    Undecided,
    decide,
    exp_of,
    hull_of,
    larger,
    log_of,
    lower,
    may_be_nonzero,
    middle,
    quotient,
    relative_entropy_of,
    smaller,
    sqrt_of,
    upper,
)


def both_ways(operation):
    """An operator, and the same with its sides exchanged."""
    return (lambda x, y: pairwise(operation, x, y)), (lambda x, y: pairwise(operation, y, x))


def compared(op):
    return lambda x, y: Comparison(x, op, y)


def raised(x, power):
    if isinstance(x, int) and power < 0:
        x = Fraction(x)
    return x ** (power if isinstance(power, int) else operator.index(asarray(power)))


class Array:
    """Numbers (or truth values) in row-major order."""

    def __init__(self, shape, entries):
        self.shape, self.entries = tuple(shape), list(entries)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return len(self.entries)

    @property
    def dtype(self):
        return None

    @property
    def system(self):
        return EXACT

    @property
    def T(self):
        return transpose(self)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        shape, places = selection(self.shape, key)
        return Array(shape, [self.entries[place] for place in places])

    __add__, __radd__ = both_ways(operator.add)
    __sub__, __rsub__ = both_ways(operator.sub)
    __mul__, __rmul__ = both_ways(operator.mul)
    __truediv__, __rtruediv__ = both_ways(quotient)
    __floordiv__, __rfloordiv__ = both_ways(operator.floordiv)
    __mod__, __rmod__ = both_ways(operator.mod)
    __pow__, __rpow__ = both_ways(raised)
    __and__, __rand__ = both_ways(operator.and_)
    __or__, __ror__ = both_ways(operator.or_)

    def __neg__(self):
        return entrywise(operator.neg, self)

    def __abs__(self):
        return entrywise(abs, self)

    __le__ = compared("<=")
    __lt__ = compared("<")
    __ge__ = compared(">=")
    __gt__ = compared(">")
    __eq__ = compared("==")

    def __ne__(self, other):
        return ~(self == other)

    def __invert__(self):
        return entrywise(operator.not_, self)

    def item(self):
        if len(self.entries) != 1:
            raise ValueError(f"{len(self.entries)} numbers where one is expected")
        return self.entries[0]

    def __bool__(self):
        return bool(self.item())

    def __float__(self):
        return float(middle(self.item()))

    def __int__(self):
        return int(middle(self.item()))

    def __index__(self):
        value = Fraction(self.item())
        if value.denominator != 1:
            raise TypeError(f"{value} is no index")
        return value.numerator

    def __str__(self):
        return str(self.tolist())

    def tolist(self):
        if not self.shape:
            return self.entries[0]
        return [row.tolist() for row in self]

    def sum(self, axis=None, keepdims=False):
        total = array_sum(self, axis)
        return expand_dims(total, axis) if keepdims else total

    def max(self, axis=None):
        return amax(self, axis)

    def min(self, axis=None):
        return amin(self, axis)

    def any(self, axis=None):
        return reduced(operator.or_, self, axis, start=False)

    def all(self, axis=None):
        return reduced(operator.and_, self, axis, start=True)

    def reshape(self, *shape):
        return reshape(self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def ravel(self):
        return Array((len(self.entries),), self.entries)

    def astype(self, kind):
        return entrywise(lambda x: int(x) if isinstance(x, bool) else x, self)

    def copy(self):
        return Array(self.shape, self.entries)

    def argmax(self, axis=None):
        return argmax(self, axis)


class Comparison(Array):
    """``lhs op rhs``, entry by entry: true, false, or open where enclosures overlap."""

    def __init__(self, lhs, op, rhs):
        self.lhs, self.op, self.rhs = asarray(lhs), op, asarray(rhs)
        answers = pairwise(lambda x, y: decide(x, op, y), self.lhs, self.rhs)
        super().__init__(answers.shape, answers.entries)

    def __bool__(self):
        if self.item() is None:
            raise Undecided("enclosures of 320 bits overlap")
        return self.item()

    def __invert__(self):
        if None in self.entries:
            raise Undecided("enclosures of 320 bits overlap")
        return super().__invert__()

    @property
    def verdicts(self):
        return Array(self.shape, [{True: 1, None: 0, False: -1}[answer] for answer in self.entries])


class NumberSystem:
    """Numbers here are exact or enclosed as they come, so there is one system and nothing to convert."""

    name = "rational"

    def convert(self, x):
        return asarray(x)

    def coerce(self, x):
        return asarray(x)


EXACT = NumberSystem()


def system_of(*xs):
    return EXACT


def asarray(x, dtype=None):
    """Read numbers: nested lists, arrays and single ones."""
    if isinstance(x, Array):
        return x
    if isinstance(x, (list, tuple)):
        return stack([asarray(part) for part in x]) if x else Array((0,), [])
    return Array((), [x if isinstance(x, (int, Fraction, Inexact)) or x in (INF, -INF) else Fraction(x)])


INF = float("inf")


def array(x, dtype=None):
    return asarray(x)


def convert(x, system, bits=None):
    return asarray(x)


def selection(shape, key):
    """Shape and places of ``x[key]``, for integers, slices, None, ``...``, masks and arrays of integers."""
    keys = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, (list, Array)):
            part = asarray(part)
            if part.shape and part.entries and all(isinstance(x, bool) for x in part.entries):
                found = [spot for spot, x in zip(product(*map(range, part.shape)), part.entries) if x]
                keys += [Array((len(found),), axis) for axis in (zip(*found) if found else [()] * part.ndim)]
                continue
        keys.append(part)
    used = sum(1 for part in keys if part is not None and part is not Ellipsis)
    rest = [slice(None)] * (len(shape) - used)
    if any(part is Ellipsis for part in keys):
        where = next(i for i, part in enumerate(keys) if part is Ellipsis)
        keys[where : where + 1] = rest
    else:
        keys += rest
    strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
    chosen = [part for part in keys if isinstance(part, Array)]
    common = broadcast_shapes(*(part.shape for part in chosen))
    dims, axis, fancy = [], 0, None
    for part in keys:
        if part is None:
            dims.append(((1,), [0]))
            continue
        stride, length = strides[axis], shape[axis]
        axis += 1
        if isinstance(part, slice):
            offsets = [i * stride for i in range(*part.indices(length))]
            dims.append(((len(offsets),), offsets))
        elif isinstance(part, Array):
            moves = [within(operator.index(i), length) * stride for i in broadcast_to(part, common).entries]
            if fancy is None:
                fancy = len(dims)
                dims.append((common, moves))
            else:
                dims[fancy] = (common, [a + b for a, b in zip(dims[fancy][1], moves)])
        else:
            dims.append(((), [within(operator.index(part), length) * stride]))
    places = [0]
    for _, offsets in dims:
        places = [place + offset for place in places for offset in offsets]
    return tuple(n for sizes, _ in dims for n in sizes), places


def within(i, length):
    if not -length <= i < length:
        raise IndexError(f"entry {i} of {length}")
    return i % length


def broadcast_shapes(*shapes):
    depth = max(map(len, shapes), default=0)
    padded = [(1,) * (depth - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for sizes in zip(*padded):
        wide = {n for n in sizes if n != 1}
        if len(wide) > 1:
            raise ValueError(f"shapes {shapes} do not fit together")
        result.append(wide.pop() if wide else 1)
    return tuple(result)


def broadcast_to(x, shape):
    x = asarray(x)
    if x.shape == tuple(shape):
        return x
    if broadcast_shapes(x.shape, shape) != tuple(shape):
        raise ValueError(f"shape {x.shape} does not fit {shape}")
    places, stride = [0], 1
    steps = []
    for n, size in zip(reversed(shape), [*reversed(x.shape), *[1] * (len(shape) - x.ndim)]):
        steps.append([0] * n if size == 1 else [i * stride for i in range(n)])
        stride *= size
    for offsets in reversed(steps):
        places = [place + offset for place in places for offset in offsets]
    return Array(shape, [x.entries[place] for place in places])


def pairwise(operation, x, y):
    x, y = asarray(x), asarray(y)
    shape = broadcast_shapes(x.shape, y.shape)
    pairs = zip(broadcast_to(x, shape).entries, broadcast_to(y, shape).entries)
    return Array(shape, [operation(a, b) for a, b in pairs])


def entrywise(operation, x):
    x = asarray(x)
    return Array(x.shape, [operation(entry) for entry in x.entries])


def axes_of(x, axis):
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(i % x.ndim for i in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def reduced(operation, x, axis, start=None):
    """Combine the entries along axes (all of them by default)."""
    x = asarray(x)
    axes = axes_of(x, axis)
    kept = [i for i in range(x.ndim) if i not in axes]
    moved = transpose(x, [*kept, *axes])
    shape = tuple(x.shape[i] for i in kept)
    length = prod(x.shape[i] for i in axes)
    groups = [moved.entries[i * length : (i + 1) * length] for i in range(prod(shape))]
    first = () if start is None else (start,)
    return Array(shape, [reduce(operation, group, *first) for group in groups])


def transpose(x, axes=None):
    order = list(reversed(range(x.ndim))) if axes is None else list(axes)
    strides = [prod(x.shape[i + 1 :]) for i in range(x.ndim)]
    places = [0]
    for i in order:
        places = [place + j * strides[i] for place in places for j in range(x.shape[i])]
    return Array([x.shape[i] for i in order], [x.entries[place] for place in places])


def array_sum(x, axis=None):
    return reduced(operator.add, x, axis, start=Fraction(0))


def expand_dims(x, axis):
    return x[(..., None)] if axis == -1 else reshape(x, (*x.shape[:axis], 1, *x.shape[axis:]))


def amax(x, axis=None):
    return reduced(larger, x, axis)


def amin(x, axis=None):
    return reduced(smaller, x, axis)


def any_of(x, axis=None):
    return asarray(x).any(axis)


def all_of(x, axis=None):
    return asarray(x).all(axis)


def argmax(x, axis=None):
    x = asarray(x)
    rows = transpose(x, [i for i in range(x.ndim) if i != axis % x.ndim] + [axis % x.ndim]) if axis is not None else x
    length = rows.shape[-1] if axis is not None else x.size
    groups = [list(map(middle, rows.entries[i : i + length])) for i in range(0, x.size, length)]
    return Array(rows.shape[:-1] if axis is not None else (), [group.index(max(group)) for group in groups])


def argmin(x, axis=None):
    return argmax(-asarray(x), axis)


def reshape(x, shape):
    x, shape = asarray(x), list(shape)
    if -1 in shape:
        shape[shape.index(-1)] = len(x.entries) // -prod(shape)
    if prod(shape) != len(x.entries):
        raise ValueError(f"{len(x.entries)} entries do not fill the shape {shape}")
    return Array(shape, x.entries)


def stack(xs, axis=0):
    xs = [asarray(x) for x in xs]
    if len({x.shape for x in xs}) != 1:
        raise ValueError(f"shapes {[x.shape for x in xs]} do not stack")
    joined = Array((len(xs), *xs[0].shape), [entry for x in xs for entry in x.entries])
    return moveaxis(joined, 0, axis)


def concatenate(xs, axis=0):
    moved = [moveaxis(asarray(x), axis, 0) for x in xs]
    joined = Array(
        (sum(len(x) for x in moved), *moved[0].shape[1:]),
        [entry for x in moved for entry in x.entries],
    )
    return moveaxis(joined, 0, axis)


def moveaxis(x, source, destination):
    x = asarray(x)
    source, destination = source % x.ndim, destination % x.ndim
    order = [i for i in range(x.ndim) if i != source]
    order.insert(destination, source)
    return transpose(x, order)


def take(x, index, axis):
    return x[(*[slice(None)] * (axis % x.ndim), asarray(index))]


def repeat(x, times, axis=None):
    x = asarray(x).ravel() if axis is None else asarray(x)
    along = 0 if axis is None else axis
    return take(x, [i for i in range(x.shape[along]) for _ in range(times)], along)


def where(mask, x, y):
    return pairwise(lambda pair, other: pair[1] if pair[0] else other, pairwise(lambda m, a: (m, a), mask, x), y)


def einsum(spec, *operands):
    """Einstein summation without batch axes: ``...`` stands for nothing."""
    inputs, output = spec.replace("...", "").replace(" ", "").split("->")
    names = inputs.split(",")
    sizes = {}
    for labels, x in zip(names, operands):
        sizes.update(zip(labels, x.shape))
    summed = [label for label in sizes if label not in output]
    entries = []
    for spot in product(*(range(sizes[label]) for label in output)):
        total = Fraction(0)
        for inner in product(*(range(sizes[label]) for label in summed)):
            at = dict(zip([*output, *summed], [*spot, *inner]))
            factors = [x[tuple(at[label] for label in labels)].item() for labels, x in zip(names, operands)]
            total = total + reduce(operator.mul, factors)
        entries.append(total)
    return Array([sizes[label] for label in output], entries)


def matvec(matrix, x):
    return array_sum(matrix * x[..., None, :], -1)


def vecmat(x, matrix):
    return array_sum(x[..., None] * matrix, -2)


def zeros(shape, *kind, dtype=None):
    return full(shape, 0)


def ones(shape, dtype=None):
    return full(shape, 1)


def full(shape, value, dtype=None):
    shape = (shape,) if isinstance(shape, int) else shape
    return Array(shape, [value] * prod(shape))


def eye(n, dtype=None):
    return Array((n, n), [int(i == j) for i in range(n) for j in range(n)])


def arange(*ends):
    numbers = range(*map(operator.index, ends))
    return Array((len(numbers),), numbers)


def maximum(x, y):
    return pairwise(larger, x, y)


def minimum(x, y):
    return pairwise(smaller, x, y)


def absolute(x):
    return entrywise(abs, x)


def exp(x):
    return entrywise(exp_of, x)


def log(x):
    return entrywise(log_of, x)


def sqrt(x):
    return entrywise(sqrt_of, x)


def relative_entropy(p, q):
    return pairwise(relative_entropy_of, p, q)


def entropy(p):
    return -relative_entropy(p, 1)


def possibly_nonzero(x):
    return entrywise(may_be_nonzero, x)


def lower_ends(x):
    return entrywise(lower, x)


def upper_ends(x):
    return entrywise(upper, x)


def midpoint(x):
    return entrywise(middle, x)


def hull(x, y):
    return pairwise(hull_of, x, y)


def compare(x, op, y):
    return Comparison(x, op, y).verdicts


def equal(lhs, rhs):
    return Comparison(lhs, "==", rhs)
