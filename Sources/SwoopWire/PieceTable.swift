// A lease as columns: its tasks as a table, what the scheduler adds to each, and where the inputs
// are.

internal import SwoopModel

private enum SourceCode {
    static let pending: UInt64 = 0
    static let stored: UInt64 = 1
    /// The length of inline bytes and this.
    static let inline: UInt64 = 2
}

/// The inputs of assigned tasks on their way into a `ProtoPiece` and its frame of inline values.
struct PieceBuilder {
    private var message = ProtoPiece()
    private var input: TaskIDColumns
    private var inputSource: [UInt64] = []
    private var inputParts = PartColumns()
    private var isSlice: [UInt32] = []
    private var isShared: [UInt32] = []
    private var sliceTask = TaskIDColumns()
    private var inlineInputs = ByteWriter()

    private init(capacity: Int) {
        input = TaskIDColumns(capacity: capacity)
        inputSource.reserveCapacity(capacity)
    }

    /// The fields of a lease and its two frames of bytes.
    static func encoded(
        _ lease: Lease
    ) -> (message: ProtoPiece, arguments: [UInt8], inlineInputs: [UInt8]) {
        var builder = PieceBuilder(capacity: lease.tasks.inputs.count)
        for input in lease.tasks.inputs { builder.append(input) }
        return builder.finished(lease)
    }

    private mutating func append(_ input: AssignedInput) {
        self.input.append(input.task)
        inputSource.append(code(of: input.source))
        isSlice.append(input.slice == nil ? 0 : 1)
        isShared.append(input.isShared ? 1 : 0)
        guard let slice = input.slice else { return }
        sliceTask.append(slice.task)
        message.sliceOffset.append(slice.offset)
        message.sliceWholeByteCount.append(slice.wholeByteCount)
    }

    private mutating func code(of source: InputSource) -> UInt64 {
        switch source {
        case .pending: return SourceCode.pending
        case .stored(let pages, let nodes):
            inputParts.append(pages)
            message.inputNodeCount.append(UInt32(nodes.count))
            message.inputNode.append(contentsOf: nodes.lazy.map(\.rawValue))
            return SourceCode.stored
        case .inline(let bytes):
            inlineInputs.raw(bytes)
            return SourceCode.inline + UInt64(bytes.count)
        }
    }

    private func finished(
        _ lease: Lease
    ) -> (message: ProtoPiece, arguments: [UInt8], inlineInputs: [UInt8]) {
        var message = message
        message.id = lease.id.rawValue
        message.firstFunction = lease.firstFunction
        message.function = lease.functions.map(ProtoFunction.init)
        message.tasks = ProtoTaskTable(lease.tasks.specs)
        message.attempt = lease.tasks.attempts.entries
        message.rank = lease.tasks.ranks.entries
        message.isIsolated = lease.tasks.isolations.entries
        message.inputCount = lease.tasks.inputRanges.widths
        message.input = input.finished()
        message.inputSource = inputSource
        message.inputPartCount = inputParts.count
        message.inputByteCount = inputParts.byteCount
        message.inputElementCount = inputParts.elementCount
        message.inputChecksum = inputParts.checksum
        message.inputIsSlice = shrunk(isSlice, neutral: 0)
        message.inputIsShared = shrunk(isShared, neutral: 0)
        message.sliceTask = sliceTask.finished()
        return (message, lease.tasks.specs.pool, inlineInputs.bytes)
    }
}

extension ProtoPiece {
    /// The lease; the two frames of bytes go with its columns.
    func lease(arguments: [UInt8], inlineInputs: [UInt8]) throws(WireError) -> Lease {
        guard
            let tasks = LeasedTasks(
                specs: try tasks.columns(arguments: arguments), attempts: attempt, ranks: rank,
                isolations: isIsolated, inputCounts: inputCount,
                inputs: try assignedInputs(inline: inlineInputs))
        else { throw .malformed(.column, offset: 0) }
        return Lease(
            id: LeaseID(id), firstFunction: firstFunction, functions: try function.specs(),
            tasks: tasks)
    }

    private func assignedInputs(inline bytes: [UInt8]) throws(WireError) -> [AssignedInput] {
        let ids = try input.tasks()
        guard ids.count == inputSource.count else { throw .malformed(.column, offset: 0) }
        var pages = PartFeeds(
            count: inputPartCount, byteCount: inputByteCount, elementCount: inputElementCount,
            checksum: inputChecksum)
        let isSlice = try Column(inputIsSlice, rows: ids.count, neutral: 0)
        let isShared = try Column(inputIsShared, rows: ids.count, neutral: 0)
        var slices = Feed(try slices())
        var nodeCounts = Feed(inputNodeCount)
        var nodes = Feed(inputNode)
        var values = ByteReader(bytes)
        var inputs: [AssignedInput] = []
        inputs.reserveCapacity(ids.count)
        for (row, id) in ids.enumerated() {
            let source: InputSource
            switch inputSource[row] {
            case SourceCode.pending: source = .pending
            case SourceCode.stored:
                let holders = try nodes.next(Int(try nodeCounts.next()))
                source = .stored(try pages.next(), nodes: holders.map { NodeID($0) })
            case let code: source = .inline(try values.block(length: code - SourceCode.inline))
            }
            let slice = isSlice[row] == 0 ? nil : try slices.next()
            inputs.append(
                AssignedInput(
                    task: id, source: source, slice: slice, isShared: isShared[row] != 0))
        }
        try pages.finish()
        try slices.finish()
        try nodeCounts.finish()
        try nodes.finish()
        try values.finish(frame: 2)
        return inputs
    }

    private func slices() throws(WireError) -> [OutputSlice] {
        let tasks = try sliceTask.tasks()
        guard tasks.count == sliceOffset.count, tasks.count == sliceWholeByteCount.count else {
            throw .malformed(.column, offset: 0)
        }
        guard sliceOffset.allSatisfy(SizeBound.holds),
            sliceWholeByteCount.allSatisfy(SizeBound.holds)
        else { throw .malformed(.number, offset: 0) }
        return tasks.indices.map {
            OutputSlice(
                task: tasks[$0], offset: sliceOffset[$0], wholeByteCount: sliceWholeByteCount[$0])
        }
    }
}
