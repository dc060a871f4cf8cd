// The bytes of what a worker says, in one block for the ring: the version, the kind, then the
// fields.

internal import SwoopModel

/// The version of the ring's messages; a worker of another one is told apart by its first message.
let ringVersion: UInt8 = 2

private enum Kind: UInt8 {
    case ready = 1
    case reports, stored, allocate, printed, damaged, abandoned
}

extension WorkerMessage {
    /// The bytes to put into the ring.
    package func encoded() -> [UInt8] {
        switch self {
        case .ready(let processID):
            var writer = ByteWriter(ring: Kind.ready.rawValue, capacity: 8)
            writer.signed(Int64(processID))
            return writer.bytes
        case .reports(let reports):
            var writer = ByteWriter(ring: Kind.reports.rawValue, capacity: reports.count * 64)
            writer.count(reports.count)
            for report in reports { writer.report(report) }
            return writer.bytes
        case .stored(let attempt, let extent):
            var writer = ByteWriter(ring: Kind.stored.rawValue, capacity: 48)
            writer.attempt(attempt)
            writer.extent(extent)
            return writer.bytes
        case .damaged(let attempt, let input):
            var writer = ByteWriter(ring: Kind.damaged.rawValue, capacity: 40)
            writer.attempt(attempt)
            writer.task(input)
            return writer.bytes
        case .abandoned(let extent):
            var writer = ByteWriter(ring: Kind.abandoned.rawValue, capacity: 40)
            writer.extent(extent)
            return writer.bytes
        case .allocate(let token, let byteCount):
            var writer = ByteWriter(ring: Kind.allocate.rawValue, capacity: 16)
            writer.varint(UInt64(token))
            writer.signed(byteCount)
            return writer.bytes
        case .printed(let lines):
            var writer = ByteWriter(ring: Kind.printed.rawValue, capacity: lines.count * 64)
            writer.count(lines.count)
            for line in lines { writer.outputLine(line) }
            return writer.bytes
        }
    }

    /// The message that these bytes are.
    package init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        switch try reader.ringKind(Kind.self) {
        case .ready: self = .ready(processID: try reader.signed32())
        case .reports:
            self = .reports(
                try reader.list(bytesEach: LeastBytes.report) {
                    (reader) throws(WireError) in try reader.report()
                })
        case .stored: self = .stored(try reader.attempt(), try reader.extent())
        case .damaged: self = .damaged(try reader.attempt(), input: try reader.task())
        case .abandoned: self = .abandoned(try reader.extent())
        case .allocate:
            self = .allocate(
                token: try reader.small(.number), byteCount: try reader.signed(.number))
        case .printed:
            self = .printed(
                try reader.list(bytesEach: LeastBytes.outputLine) {
                    (reader) throws(WireError) in try reader.outputLine()
                })
        }
        try reader.finish()
    }
}

extension ByteWriter {
    /// A message of the ring, begun.
    init(ring kind: UInt8, capacity: Int) {
        self.init(capacity: 2 + capacity)
        byte(ringVersion)
        byte(kind)
    }
}

extension ByteReader {
    /// The version and the kind of a message of the ring.
    mutating func ringKind<Kind: RawRepresentable<UInt8>>(
        _ type: Kind.Type
    ) throws(WireError) -> Kind {
        let version = try byte(.preamble)
        guard version == ringVersion else {
            throw .version(theirs: UInt32(version), ours: UInt32(ringVersion))
        }
        guard let kind = Kind(rawValue: try byte(.preamble)) else { throw .stranger }
        return kind
    }
}
