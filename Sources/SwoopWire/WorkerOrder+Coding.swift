// The bytes of what an agent says to its worker: as WorkerMessage+Coding.swift has them, the other
// way.

internal import SwoopModel

private enum Kind: UInt8 {
    case declare = 0x81
    case run, cancel, allocated, exit, refused, giveBack
}

extension WorkerOrder {
    /// The bytes to put into the ring.
    package func encoded() -> [UInt8] {
        switch self {
        case .declare(let first, let functions):
            var writer = ByteWriter(ring: Kind.declare.rawValue, capacity: functions.count * 128)
            writer.varint(UInt64(first))
            writer.count(functions.count)
            for function in functions { writer.functionSpec(function) }
            return writer.bytes
        case .run(let orders):
            var writer = ByteWriter(ring: Kind.run.rawValue, capacity: orders.count * 64)
            writer.count(orders.count)
            for order in orders { writer.runOrder(order) }
            return writer.bytes
        case .cancel(let attempt):
            var writer = ByteWriter(ring: Kind.cancel.rawValue, capacity: 24)
            writer.attempt(attempt)
            return writer.bytes
        case .giveBack(let attempt):
            var writer = ByteWriter(ring: Kind.giveBack.rawValue, capacity: 24)
            writer.attempt(attempt)
            return writer.bytes
        case .allocated(let token, let extent):
            var writer = ByteWriter(ring: Kind.allocated.rawValue, capacity: 40)
            writer.varint(UInt64(token))
            writer.extent(extent)
            return writer.bytes
        case .refused(let token, let reason):
            var writer = ByteWriter(ring: Kind.refused.rawValue, capacity: 128)
            writer.varint(UInt64(token))
            writer.text(reason)
            return writer.bytes
        case .exit: return ByteWriter(ring: Kind.exit.rawValue, capacity: 0).bytes
        }
    }

    /// The message that these bytes are.
    package init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        switch try reader.ringKind(Kind.self) {
        case .declare:
            self = .declare(
                first: try reader.small(.number),
                try reader.list(bytesEach: LeastBytes.functionSpec) {
                    (reader) throws(WireError) in try reader.functionSpec()
                })
        case .run:
            self = .run(
                try reader.list(bytesEach: LeastBytes.runOrder) {
                    (reader) throws(WireError) in try reader.runOrder()
                })
        case .cancel: self = .cancel(try reader.attempt())
        case .giveBack: self = .giveBack(try reader.attempt())
        case .allocated:
            self = .allocated(token: try reader.small(.number), try reader.extent())
        case .refused:
            self = .refused(token: try reader.small(.number), reason: try reader.text())
        case .exit: self = .exit
        }
        try reader.finish()
    }
}
