"""A small writer of pprof and of push.v1 messages, for tests that need odd ones."""

import gzip


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def packed(field, values):
    return data(field, b"".join(varint(v) for v in values))


class Pprof:
    """samples: (functions leaf first, values[, {label: value}]). Every function is a location of its own."""

    def __init__(self, samples, types=(("cpu", "nanoseconds"),), period_type=("cpu", "nanoseconds"), time_ns=0, duration_ns=0, period=0):
        self.strings, self.functions = [b""], []
        self.samples = [self.sample(*s) for s in samples]
        self.head = b"".join(data(1, self.value_type(t)) for t in types)
        self.tail = b"" if period_type is None else data(11, self.value_type(period_type))
        self.tail += number(9, time_ns) + number(10, duration_ns) + number(12, period)

    def string(self, s):
        s = s.encode() if isinstance(s, str) else s
        if s not in self.strings:
            self.strings.append(s)
        return self.strings.index(s)

    def value_type(self, t):
        return number(1, self.string(t[0])) + number(2, self.string(t[1]))

    def function(self, name):
        if name not in self.functions:
            self.functions.append(name)
            self.string(name)
        return self.functions.index(name) + 1

    def sample(self, stack, values, labels=None):
        ids = [f if isinstance(f, int) else self.function(f) for f in stack]  # an int is a location's id, as it is
        out = packed(1, ids) + packed(2, values)
        for key, value in (labels or {}).items():
            out += data(3, number(1, self.string(key)) + number(2, self.string(value)))
        return data(2, out)

    def encode(self):
        out = self.head + b"".join(self.samples)
        for i, name in enumerate(self.functions, 1):
            out += data(4, number(1, i) + data(4, number(1, i) + number(2, 1)))
            out += data(5, number(1, i) + number(2, self.string(name)))
        return out + b"".join(data(6, s) for s in self.strings) + self.tail

    def gzip(self):
        return gzip.compress(self.encode(), 1)


def push_request(*series):
    """Each series: ({label: value}, [pprof bytes, ...])."""
    out = b""
    for labels, profiles in series:
        one = b"".join(data(1, data(1, k) + data(2, v)) for k, v in labels.items())
        one += b"".join(data(2, data(1, p)) for p in profiles)
        out += data(1, one)
    return out
