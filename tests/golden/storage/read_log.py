"""An independent reader of the store's folder, written from docs/format.md alone: what another program would need to get
the profiles out. It shares nothing with the server's code; tests/e2e/test_format.py compares what both say.

It is as strict as the document: bytes left over, ids out of range, an order that is not the promised one are errors.
Without python3-xxhash it skips the hashes.

    python3 read_log.py STORAGE-PATH           prints the totals of every series
    python3 read_log.py --rows STORAGE-PATH    prints every row with its entries, as tests/support/store_model.h does
"""

import pathlib
import re
import struct
import sys

try:
    import xxhash
except ImportError:
    xxhash = None

HEADER_BYTES, HEADER_COPY_AT, FRAME_HEADER_BYTES = 4096, 2048, 80
PAYLOAD_BYTES_MAX = 256 << 20
MARK, APPEND, TABLES = 0, 1, 2
TABLE_NAMES = ("strings", "mappings", "functions", "lines", "locations", "nodes", "stacks", "series")
INT64_MAX, INT64_MIN = 2**63 - 1, -(2**63)


class Bad(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Bad(what)


def verify(data, seed, expected, what):
    if xxhash is not None:
        need(xxhash.xxh3_64_intdigest(data, seed) == expected, f"{what} fails its hash")


def check32(data, expected, what):
    if xxhash is not None:
        need(xxhash.xxh3_64_intdigest(data) & 0xFFFFFFFF == expected, f"{what} fails its check")


def saturated(total):
    return max(INT64_MIN, min(INT64_MAX, total))


class Bytes:
    """Reads the encodings one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        need(count <= self.left(), "cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.take(1)[0]

    def u32(self):
        return struct.unpack("<I", self.take(4))[0]

    def uvarint(self):
        value = 0
        for i in range(10):
            byte = self.u8()
            value |= (byte & 0x7F) << 7 * i
            if byte < 0x80:
                need(value < 2**64, "a uvarint of more than 64 bits")
                return value
        raise Bad("a uvarint of more than ten bytes")

    def zigzag(self):
        v = self.uvarint()
        return (v >> 1) ^ -(v & 1)

    def below(self, value, limit):
        need(0 <= value < limit, f"id {value} of {limit}")
        return value


# ---- the log ----


class Segment:
    def __init__(self, path, number):
        self.path, self.data = path, path.read_bytes()
        need(len(self.data) >= HEADER_BYTES, f"{path.name} has no header")
        for at in (0, HEADER_COPY_AT):
            copy = self.data[at:at + 56]
            if copy[:8] == b"PYRLOG\r\n":
                break
        magic, version, own, self.generation, self.first, self.durable, self.salt, check = struct.unpack("<8sIIQQQQQ", copy)
        need(magic == b"PYRLOG\r\n" and version == 1 and own == number and self.generation >= 1, f"header of {path.name}")
        verify(copy[:48], 0, check, f"header of {path.name}")


class Frame:
    def __init__(self, segment, at):
        header = segment.data[at:at + FRAME_HEADER_BYTES]
        need(len(header) == FRAME_HEADER_BYTES and header[:4] == b"frm1", "no frame")
        length, self.sequence, self.durable, self.partition, self.type = struct.unpack("<IQQIB", header[4:29])
        verify(header[:72], segment.salt, struct.unpack("<Q", header[72:])[0], "frame header")
        need(length <= PAYLOAD_BYTES_MAX and header[29:32] == b"\0\0\0", "frame header")
        self.first_ids = struct.unpack("<8I", header[32:64])
        self.end = at + FRAME_HEADER_BYTES + length
        self.payload = segment.data[at + FRAME_HEADER_BYTES:self.end]
        need(len(self.payload) == length, "the payload is cut short")
        verify(self.payload, segment.salt, struct.unpack("<Q", header[64:72])[0], "payload")


def numbered(folder, pattern):
    return sorted((int(m[1]), p) for p in folder.iterdir() if (m := re.fullmatch(pattern, p.name)))


def read_frames(folder):
    """(generation, frame) of everything in the log. Only the newest segment may have a torn tail."""
    released = max((number for number, _ in numbered(folder, r"released-(\d{19})")), default=0)
    segments = [Segment(path, number) for number, path in numbered(folder, r"segment-(\d{10})\.log")]
    for segment, following in zip(segments, segments[1:] + [None]):
        if segment.generation <= released:
            continue
        at, expect = HEADER_BYTES, segment.first
        synced = max(s.durable for s in segments)
        while following is None or expect < following.first:
            try:
                frame = Frame(segment, at)
                need(frame.sequence == expect, f"sequence {frame.sequence}, expected {expect}")
            except Bad as bad:
                need(following is None and expect > synced, f"{segment.path.name}, offset {at}: {bad}")
                break
            need(frame.durable < frame.sequence, "a frame says that it was synced before it was written")
            synced = max(synced, frame.durable)
            if frame.type != MARK:
                yield segment.generation, frame
            else:
                need(not frame.payload, "a mark has a payload")
            at, expect = frame.end, expect + 1


# ---- the store's frames ----


class Partition:
    def __init__(self, tenant, service):
        self.tenant, self.service = tenant, service
        self.strings, self.mappings, self.nodes = [b""], [None], [None]
        self.functions, self.lines, self.locations, self.stacks, self.series = [], [], [], [], []

    def put(self, table, at, entry):
        """An entry that is known already must be the same; a gap is an error."""
        entries = getattr(self, table)
        need(at <= len(entries), f"a gap in {table}")
        if at < len(entries):
            need(entries[at] == entry, f"{table} {at} is said again, differently")
        else:
            entries.append(entry)

    def frames_of(self, stack):
        """The stack as (function, file, line) texts, root first, inlined lines expanded."""
        out, node = [], self.stacks[stack]
        while node != 0:
            node, location = self.nodes[node]
            first, count = self.locations[location][2:]
            for function, line in self.lines[first:first + count]:
                name, _, file_name, _ = self.functions[function]
                out.append((self.strings[name].decode(), self.strings[file_name].decode(), line))
        return out[::-1]


class Row:
    pass


def read_tables(b, p, first):
    first = dict(zip(TABLE_NAMES, first))
    for table in TABLE_NAMES:
        need(first[table] <= len(getattr(p, table)), f"a gap in {table}")

    lengths = [b.uvarint() for _ in range(b.uvarint())]
    for i, length in enumerate(lengths):
        p.put("strings", first["strings"] + i, b.take(length))
    string = lambda: b.below(b.uvarint(), len(p.strings))  # noqa: E731

    for i in range(b.uvarint()):
        start, limit, offset = b.uvarint(), b.uvarint(), b.uvarint()
        names = string(), string()
        flags = b.u8()
        need(flags < 16, "flags of a mapping")
        p.put("mappings", first["mappings"] + i, (start, limit, offset, *names, flags))

    name = file_name = 0
    for i in range(b.uvarint()):
        name = b.below(name + b.zigzag(), len(p.strings))
        system_name = b.below(name + b.zigzag(), len(p.strings))
        file_name = b.below(file_name + b.zigzag(), len(p.strings))
        p.put("functions", first["functions"] + i, (name, system_name, file_name, b.zigzag()))

    address = function = 0
    line_at = first["lines"]
    for i in range(b.uvarint()):
        mapping = b.below(b.uvarint(), len(p.mappings))
        address = (address + b.zigzag()) % 2**64
        count = b.uvarint()
        for k in range(count):
            function = b.below(function + b.zigzag(), len(p.functions))
            p.put("lines", line_at + k, (function, b.zigzag()))
        p.put("locations", first["locations"] + i, (mapping, address, line_at, count))
        line_at += count

    location = 0
    for i in range(b.uvarint()):
        own = first["nodes"] + i
        up = b.uvarint()
        need(1 <= up <= own, "a node's parent is not a smaller node")
        location = b.below(location + b.zigzag(), len(p.locations))
        p.put("nodes", own, (own - up, location))

    node = 0
    for i in range(b.uvarint()):
        node = b.below(node + b.zigzag(), len(p.nodes))
        p.put("stacks", first["stacks"] + i, node)

    for i in range(b.uvarint()):
        labels = [(string(), string()) for _ in range(b.uvarint())]
        count = b.uvarint()
        need(1 <= count <= 16, "a series' sample types")
        types = [(string(), string()) for _ in range(count)]
        has_period = b.u8()
        need(has_period <= 1, "has period")
        p.put("series", first["series"] + i, (labels, types, has_period, (string(), string())))


def read_columns(b, count):
    """Per type (total, kind, scale, bytes or the column it shares)."""
    columns = []
    for k in range(count):
        total, kind = b.zigzag(), b.u8()
        scale = length = source = 0
        if kind == 3:
            source, scale = b.u8(), b.uvarint()
            need(source < k and columns[source][1] != 0, "a column scales one that has no values")
        elif kind in (1, 2):
            scale, length = b.uvarint(), b.uvarint()
        else:
            need(kind == 0, f"a column of kind {kind}")
        columns.append((total, kind, scale, length, source))
    return columns


def read_values(body, columns, entries):
    values, kinds = [], []
    for total, kind, scale, length, source in columns:
        if kind == 0:
            quotients, own = [0] * entries, 1
        elif kind == 3:
            own = kinds[source][0]
            quotients = kinds[source][1]
        else:
            own, b = kind, Bytes(body.take(length))
            quotients = [b.uvarint() if kind == 1 else b.zigzag() for _ in range(entries)]
            need(b.left() == 0, "bytes left over in a column of values")
        kinds.append((own, quotients))
        column = [scale * q for q in quotients]
        need(all(INT64_MIN <= v <= INT64_MAX for v in column), "a value of more than 64 bits")
        # The total saturates at each step; where nothing can have saturated it is the sum.
        if sum(abs(v) for v in column) <= INT64_MAX:
            need(total == sum(column), "the total is not that of the values")
        values.append(column)
    return values


def read_row_group(data, stack_count):
    b, row = Bytes(data), Row()
    head_check, body_check = b.u32(), b.u32()
    flags, types = b.u8(), b.u8()
    need(flags < 8 and 1 <= types <= 16, "flags or types of a row group")
    row.identity = b.take(16)
    row.time, row.duration, row.period = b.zigzag(), b.zigzag(), b.zigzag()
    row.entries, stack_bytes = b.uvarint(), b.uvarint()
    columns = read_columns(b, types)
    time_bytes = b.uvarint() if flags & 4 else 0
    need(b.at <= 640, "the head of a row group is longer than promised")
    check32(data[4:b.at], head_check, "head of a row group")
    check32(data[b.at:], body_check, "body of a row group")

    stacks, row.stacks, stack = Bytes(b.take(stack_bytes)), [], 0
    for _ in range(row.entries):
        stack = b.below(stack + stacks.uvarint(), stack_count)
        row.stacks.append(stack)
    need(stacks.left() == 0, "bytes left over in the column of stacks")
    row.totals = [column[0] for column in columns]
    row.values = read_values(b, columns, row.entries)
    row.spans = [int.from_bytes(b.take(8), "little") for _ in range(row.entries)] if flags & 1 else None
    row.traces = [b.take(16) for _ in range(row.entries)] if flags & 2 else None
    times, time = Bytes(b.take(time_bytes)), row.time
    row.times = [time := time + times.zigzag() for _ in range(row.entries)] if flags & 4 else None
    need(times.left() == 0 and b.left() == 0, "bytes left over in a row group")
    nothing = [0] * row.entries
    keys = list(zip(row.stacks, row.spans or nothing, row.traces or nothing, row.times or nothing))
    need(all(x < y for x, y in zip(keys, keys[1:])), "entries are not in order, each once")
    return row


class Store:
    """partitions: {(generation, number): Partition}; rows: [(Partition, series number, Row)]."""

    def __init__(self, folder):
        self.partitions, self.rows, self.frames = {}, [], {APPEND: 0, TABLES: 0}
        for generation, frame in read_frames(pathlib.Path(folder) / "log"):
            self.take(generation, frame)

    def take(self, generation, frame):
        need(frame.type in self.frames, f"a frame of type {frame.type}")
        b, key = Bytes(frame.payload), (generation, frame.partition)
        need(b.u8() == 1, "version of a frame")
        b.uvarint()  # received
        tenant = b.take(b.uvarint()).decode()
        service = b.take(b.uvarint()).decode() if tenant else ""
        known = self.partitions.get(key)
        need((known is None or frame.type == TABLES) == (tenant != ""), "tenant and service are said in the wrong frame")
        if known is None:
            known = self.partitions[key] = Partition(tenant, service)
        need(not tenant or (known.tenant, known.service) == (tenant, service), "a partition changes its name")
        read_tables(b, known, frame.first_ids)
        for _ in range(b.uvarint()):
            series = b.below(b.uvarint(), len(known.series))
            row = read_row_group(b.take(b.uvarint()), len(known.stacks))
            need(len(row.values) == len(known.series[series][1]), "a row group is not of its series")
            self.rows.append((known, series, row))
        need(b.left() == 0, "bytes left over in a frame")
        need(frame.type == APPEND or frame.payload[-1:] == b"\0", "a copy of the tables has rows")
        self.frames[frame.type] += 1

    def labels(self, partition, series):
        text = lambda i: partition.strings[i].decode()  # noqa: E731
        return {text(name): text(value) for name, value in partition.series[series][0]}

    def streams(self, partition, series):
        """(index, profile type id) of each sample type of a series."""
        labels, types, _, period = partition.series[series]
        text = lambda i: partition.strings[i].decode()  # noqa: E731
        name = self.labels(partition, series).get("__name__", "")
        for k, pair in enumerate(types):
            yield k, ":".join([name, *map(text, pair), *map(text, period)])

    def functions(self, tenant="anonymous"):
        """{(service, profile type id): {function: [self, total]}} over all rows of a tenant."""
        out = {}
        for partition, series, row in self.rows:
            if partition.tenant != tenant:
                continue
            for k, type_id in self.streams(partition, series):
                sums = out.setdefault((partition.service, type_id), {})
                for stack, value in zip(row.stacks, row.values[k]):
                    names = [name for name, _, _ in partition.frames_of(stack)]
                    for name in set(names):
                        sums.setdefault(name, [0, 0])[1] += value
                    if names:
                        sums[names[-1]][0] += value
        return out


def location_text(p, location):
    mapping, address, first, count = p.locations[location]
    start, _, _, file_name, build_id, _ = p.mappings[mapping] or (0,) * 6
    text = lambda i: p.strings[i].decode()  # noqa: E731
    out = f"[{text(file_name)} {text(build_id)}] " if mapping else ""
    for function, line in p.lines[first:first + count]:
        name, system_name, source, first_line = p.functions[function]
        out += f"{text(name)},{text(system_name)},{text(source)},{first_line}:{line} "
    return out if count else out + f"+{address - start} "


def entry_text(p, row, i):
    out, node = "", p.stacks[row.stacks[i]]
    while node != 0:
        node, location = p.nodes[node]
        out += location_text(p, location) + "< "
    out += f"span={row.spans[i]:x} " if row.spans is not None else ""
    out += row.traces[i].hex() if row.traces is not None else ""
    return out + (f"time={row.times[i]} " if row.times is not None else "")


def print_row(p, series, row):
    labels, types, _, period = p.series[series]
    text = lambda i: p.strings[i].decode()  # noqa: E731
    print(p.tenant, "{" + "".join(f"{text(k)}={text(v)}," for k, v in labels) + "}",
          *(f"{text(t)}:{text(u)}" for t, u in types), f"period {text(period[0])}:{text(period[1])}",
          f"time {row.time} duration {row.duration} period {row.period} {row.identity.hex()}")
    for line in sorted((entry_text(p, row, i), *(column[i] for column in row.values)) for i in range(row.entries)):
        print("  " + line[0], *line[1:])


def print_totals(store):
    totals = {}
    for partition, series, row in store.rows:
        labels = ", ".join(f"{k}={v}" for k, v in sorted(store.labels(partition, series).items()))
        for k, type_id in store.streams(partition, series):
            key = (partition.tenant, type_id, labels)
            totals[key] = saturated(totals.get(key, 0) + row.totals[k])
    for (tenant, type_id, labels), total in sorted(totals.items()):
        print(f"{tenant} {type_id} {{{labels}}} {total}")


def main():
    store = Store(sys.argv[-1])
    print(f"{len(store.partitions)} partitions, {len(store.rows)} row groups, {store.frames[TABLES]} copies of tables")
    if "--rows" not in sys.argv:
        print_totals(store)
        return
    for partition, series, row in store.rows:
        print_row(partition, series, row)


if __name__ == "__main__":
    main()
