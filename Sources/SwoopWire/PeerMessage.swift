// What agents say to one another about pages. The one that lacks a page asks for ranges of it,
// several at a time, and so sets the pace.

package import SwoopModel

/// A message between two agents.
package enum PeerMessage: Equatable, Sendable {
    /// Asks for a range of the page stored under the task.
    case pageWanted(TaskID, offset: Int64, count: Int64)
    /// Answers `pageWanted`: the bytes from `offset` on, and the counts of the whole page.
    case pagePart(
        TaskID, offset: Int64, byteCount: Int64, elementCount: Int64, bytes: [UInt8])
    /// Answers `pageWanted`: nothing is stored under the task.
    case pageAbsent(TaskID)
}

extension PeerMessage {
    /// The frames to send.
    package func encoded() -> [[UInt8]] {
        switch self {
        case .pageWanted(let task, let offset, let count):
            let header = ProtoPageRange(task, offset: offset, count: count, elementCount: 0)
            return MessageKind.pageWanted.frames(header)
        case .pagePart(let task, let offset, let byteCount, let elementCount, let bytes):
            let first = Self.partHeader(
                task, offset: offset, byteCount: byteCount, elementCount: elementCount)
            return [first, bytes]
        case .pageAbsent(let task): return MessageKind.pageAbsent.frames(ProtoTasks(task))
        }
    }

    /// The first frame of a `pagePart`, for those who send the bytes from where they lie.
    package static func partHeader(
        _ task: TaskID, offset: Int64, byteCount: Int64, elementCount: Int64
    ) -> [UInt8] {
        let header = ProtoPageRange(
            task, offset: offset, count: byteCount, elementCount: elementCount)
        return MessageKind.pagePart.frames(header)[0]
    }

    /// A `pagePart` without its bytes, for those who take them from where they lie; nil for other
    /// messages.
    package static func part(
        firstFrame: [UInt8]
    ) throws(WireError) -> (task: TaskID, offset: Int64, byteCount: Int64, elementCount: Int64)? {
        let incoming = try IncomingFrames([firstFrame])
        guard incoming.kind == .pagePart else { return nil }
        let header = try incoming.header(ProtoPageRange.self)
        return (try header.task.task(), header.offset, header.count, header.elementCount)
    }

    /// The message that these frames are.
    package init(frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        switch incoming.kind {
        case .pageWanted:
            let header = try incoming.header(ProtoPageRange.self)
            self = .pageWanted(try header.task.task(), offset: header.offset, count: header.count)
        case .pagePart:
            let header = try incoming.header(ProtoPageRange.self, others: 1)
            self = .pagePart(
                try header.task.task(), offset: header.offset, byteCount: header.count,
                elementCount: header.elementCount, bytes: try incoming.frame(1))
        case .pageAbsent: self = .pageAbsent(try incoming.header(ProtoTasks.self).task())
        default: throw .stranger
        }
    }
}
