"""Builds messages of Outlook: compound files (`.msg`) and `winmail.dat`."""

import struct
from collections.abc import Mapping, Sequence

Values = Mapping[int, str | bytes | int]
"""Properties by their numbers: texts, bytes, and numbers of four bytes."""

SECTOR = 512
SMALL_SECTOR = 64
SMALL = 4096
"""Size below which a stream lies in small sectors."""
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

Storage = dict[str, "bytes | Storage"]


def message(
    values: Values,
    recipients: Sequence[Values] = (),
    attachments: Sequence[Values | tuple[Values, Storage]] = (),
    *,
    header: int = 32,
) -> Storage:
    """The storage of a message. An attachment may be its properties with the storage of a message.

    header: bytes before its properties: 24 for an attached message.
    """
    storage = _properties(values, header)
    for number, recipient in enumerate(recipients):
        storage[f"__recip_version1.0_#{number:08X}"] = _properties(recipient, 8)
    for number, attachment in enumerate(attachments):
        own, inner = attachment if isinstance(attachment, tuple) else (attachment, None)
        storage[f"__attach_version1.0_#{number:08X}"] = part = _properties(own, 8)
        if inner is not None:
            part["__substg1.0_3701000D"] = inner
    return storage


def _properties(values: Values, header: int) -> Storage:
    fixed = bytes(header)
    storage: Storage = {}
    for number, value in values.items():
        if isinstance(value, int):
            fixed += struct.pack("<HHIII", 0x0003, number, 6, value, 0)
        else:
            kind, data = (0x0102, value) if isinstance(value, bytes) else (0x001F, value.encode("utf-16-le"))
            storage[f"__substg1.0_{number:04X}{kind:04X}"] = data
            fixed += struct.pack("<HHIII", kind, number, 6, len(data), 0)
    storage["__properties_version1.0"] = fixed
    return storage


def compound(root: Storage) -> bytes:
    """A compound file with this content ([MS-CFB])."""
    entries: list[list[object]] = [["Root Entry", 5, FREE, FREE, b""]]
    _add(root, entries, 0)
    small = b""
    sectors: list[bytes] = []
    chains: list[int] = []
    small_chain: list[int] = []

    def store(data: bytes) -> int:
        """Adds the sectors of a stream; returns the first."""
        first = len(sectors)
        count = -(-len(data) // SECTOR)
        for index in range(count):
            sectors.append(data[index * SECTOR : (index + 1) * SECTOR].ljust(SECTOR, b"\0"))
            chains.append(first + index + 1 if index + 1 < count else END)
        return first if count else END

    starts: list[tuple[int, int]] = [(END, 0)]
    for _, kind, _, _, data in entries[1:]:
        assert isinstance(data, bytes)
        if kind == 1 or not data:
            starts.append((END if kind == 2 else 0, 0))
        elif len(data) < SMALL:
            first = len(small) // SMALL_SECTOR
            count = -(-len(data) // SMALL_SECTOR)
            small += data.ljust(count * SMALL_SECTOR, b"\0")
            small_chain += [first + index + 1 for index in range(count - 1)] + [END]
            starts.append((first, len(data)))
        else:
            starts.append((store(data), len(data)))
    starts[0] = (store(small), len(small))
    small_table = store(struct.pack(f"<{len(small_chain)}I", *small_chain).ljust(SECTOR, b"\xff"))
    directory = b""
    for (name, kind, sibling, child, _), (start, size) in zip(entries, starts, strict=True):
        raw = str(name).encode("utf-16-le")
        directory += raw.ljust(64, b"\0") + struct.pack(
            "<HBBIII", len(raw) + 2, kind, 1, FREE, sibling, child
        )
        directory += bytes(36) + struct.pack("<IQ", start, size)
    directory_start = store(directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0"))
    tables = 1
    while tables * SECTOR // 4 < len(sectors) + tables:
        tables += 1
    places = range(len(sectors), len(sectors) + tables)
    table = struct.pack(f"<{len(chains)}I", *chains) + struct.pack("<I", FAT) * tables
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIII", 0, tables, directory_start, 0, SMALL)
    head += struct.pack("<IIII", small_table, 1 if small_chain else 0, END, 0)
    assert len(small_chain) * 4 <= SECTOR
    head += struct.pack(f"<{tables}I", *places).ljust(436, b"\xff")
    return head + b"".join(sectors) + table.ljust(tables * SECTOR, b"\xff")


def _add(storage: Storage, entries: list[list[object]], parent: int) -> None:
    """Adds the entries of a storage: each but the last names the next one as its sibling."""
    before = None
    for name, content in storage.items():
        place = len(entries)
        is_stream = isinstance(content, bytes)
        entries.append([name, 2 if is_stream else 1, FREE, FREE, content if is_stream else b""])
        if before is None:
            entries[parent][3] = place
        else:
            entries[before][2] = place
        before = place
        if not isinstance(content, bytes):
            _add(content, entries, place)


def winmail(values: Values, attachments: Sequence[Values] = ()) -> bytes:
    """A `winmail.dat` file ([MS-OXTNEF])."""
    data = bytes.fromhex("789f3e22") + b"\1\0" + _attribute(1, 0x9007, struct.pack("<II", 1252, 0))
    data += _attribute(1, 0x9003, _list(values))
    for attachment in attachments:
        data += _attribute(2, 0x9002, bytes(14)) + _attribute(2, 0x9005, _list(attachment))
    return data


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(data)) + data + struct.pack("<H", sum(data) % 65536)


def _list(values: Values) -> bytes:
    data = struct.pack("<I", len(values))
    for number, value in values.items():
        if isinstance(value, int):
            data += struct.pack("<HHI", 0x0003, number, value)
        else:
            kind, raw = (0x0102, value) if isinstance(value, bytes) else (0x001F, value.encode("utf-16-le"))
            data += struct.pack("<HHII", kind, number, 1, len(raw)) + raw + bytes(-len(raw) % 4)
    return data
