// A batch of notices as columns, with the bytes of small values in one frame. Each kind of notice
// takes its next entry of the lists that it needs.

internal import SwoopModel

private enum NoticeKind: UInt8 {
    case finished = 0
    case failed = 1
    case dataNeeded = 3
    case printed, remark, progress
    case roomLent, roomRefused, dataSettled
}

/// Notices on their way into a `ProtoNotices` and a frame of values.
struct NoticeTableBuilder {
    private var message = ProtoNotices()
    private var task = TaskIDColumns()
    private var values = ByteWriter()

    mutating func append(_ notice: ClientNotice) {
        message.kind.append(UInt32(content(of: notice).rawValue))
    }

    private mutating func content(of notice: ClientNotice) -> NoticeKind {
        switch notice {
        case .finished(let id, let value, let byteCount, let elementCount):
            task.append(id)
            message.valueLength.append(value.map { UInt64($0.count) + 1 } ?? 0)
            if let value { values.raw(value) }
            message.byteCount.append(byteCount)
            message.elementCount.append(elementCount)
            return .finished
        case .failed(let id, let failure):
            task.append(id)
            message.failure.append(ProtoFailure(failure))
            return .failed
        case .dataNeeded(let id):
            task.append(id)
            return .dataNeeded
        case .roomLent(let id, let offset, let byteCount):
            task.append(id)
            message.lentOffset.append(offset)
            message.lentByteCount.append(byteCount)
            return .roomLent
        case .roomRefused(let id):
            task.append(id)
            return .roomRefused
        case .dataSettled(let id):
            task.append(id)
            return .dataSettled
        case .printed(let line):
            message.line.append(ProtoLine(line))
            return .printed
        case .remark(let text):
            message.remark.append(text)
            return .remark
        case .progress(let progress):
            message.progress.append(ProtoProgress(progress))
            return .progress
        }
    }

    func finished() -> (message: ProtoNotices, values: [UInt8]) {
        var message = message
        message.task = task.finished()
        return (message, values.bytes)
    }
}

extension ProtoNotices {
    /// The notices, in order; `bytes` is the frame of their values.
    func notices(values bytes: [UInt8]) throws(WireError) -> [ClientNotice] {
        var rest = NoticeFeeds(self, tasks: try task.tasks(), values: bytes)
        var notices: [ClientNotice] = []
        notices.reserveCapacity(kind.count)
        for number in kind {
            notices.append(try rest.notice(try enumeration(NoticeKind.self, number)))
        }
        try rest.finish()
        return notices
    }
}

/// What is left of each list of a table of notices.
private struct NoticeFeeds {
    private var task: Feed<TaskID>
    private var valueLength: Feed<UInt64>
    private var byteCount: Feed<Int64>
    private var elementCount: Feed<Int64>
    private var failure: Feed<ProtoFailure>
    private var line: Feed<ProtoLine>
    private var remark: Feed<String>
    private var progress: Feed<ProtoProgress>
    private var lentOffset: Feed<Int64>
    private var lentByteCount: Feed<Int64>
    private var values: ByteReader

    init(_ message: ProtoNotices, tasks: [TaskID], values bytes: [UInt8]) {
        task = Feed(tasks)
        valueLength = Feed(message.valueLength)
        byteCount = Feed(message.byteCount)
        elementCount = Feed(message.elementCount)
        failure = Feed(message.failure)
        line = Feed(message.line)
        remark = Feed(message.remark)
        progress = Feed(message.progress)
        lentOffset = Feed(message.lentOffset)
        lentByteCount = Feed(message.lentByteCount)
        values = ByteReader(bytes)
    }

    mutating func notice(_ kind: NoticeKind) throws(WireError) -> ClientNotice {
        switch kind {
        case .finished:
            let length = try valueLength.next()
            return .finished(
                try task.next(), value: length == 0 ? nil : try values.block(length: length - 1),
                byteCount: try size(&byteCount), elementCount: try size(&elementCount))
        case .failed: return .failed(try task.next(), try failure.next().failure())
        case .dataNeeded: return .dataNeeded(try task.next())
        case .roomLent:
            return .roomLent(
                try task.next(), offset: try lentOffset.next(),
                byteCount: try size(&lentByteCount))
        case .roomRefused: return .roomRefused(try task.next())
        case .dataSettled: return .dataSettled(try task.next())
        case .printed: return .printed(try line.next().outputLine())
        case .remark: return .remark(try remark.next())
        case .progress: return .progress(try progress.next().progressCount)
        }
    }

    /// A size that a message may have.
    private func size(_ sizes: inout Feed<Int64>) throws(WireError) -> Int64 {
        let size = try sizes.next()
        guard SizeBound.holds(size) else { throw .malformed(.number, offset: 0) }
        return size
    }

    func finish() throws(WireError) {
        try task.finish()
        try valueLength.finish()
        try byteCount.finish()
        try elementCount.finish()
        try failure.finish()
        try line.finish()
        try remark.finish()
        try progress.finish()
        try lentOffset.finish()
        try lentByteCount.finish()
        try values.finish(frame: 1)
    }
}
