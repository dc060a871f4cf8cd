// The inputs of a run as its code wants them: arguments evaluated to bytes, pages found in the
// arena or the spill file, text that was sent. Files are read while the run goes on
// (TextBuffer.swift).

import SwoopElements
import SwoopModel
import SwoopStorage

/// Why a run's inputs could not be put together: told as the run's failure.
struct InputError: Error {
    var kind: FailureKind
    var message: String

    /// A run that has its page asks for another, or for none.
    static let secondPage = InputError(
        kind: .noMemory,
        message: "one run makes one page; the part of the source it covers is too large")
    static let noText = InputError(
        kind: .invalidGraph, message: "a loop asked for text and has no file")
}

extension StoredPages {
    /// Pages of these sizes.
    init(sizes: [_PageSize]) {
        self.init(
            sizes.map {
                OutputPart(byteCount: Int64($0.byteCount), elementCount: Int64($0.count))
            })
    }
}

/// Memory lent to one run: aligned, alive as long as this object.
@safe final class RunBytes {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        unsafe bytes = .allocate(byteCount: max(1, count), alignment: 64)
        self.count = count
    }

    convenience init(_ array: [UInt8]) {
        self.init(count: array.count)
        unsafe bytes.copyBytes(from: array)
    }

    deinit { unsafe bytes.deallocate() }

    let count: Int
    var readable: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[0..<count])
    }
}

/// Everything lent to one run.
@safe struct RunInputs {
    var fields: UnsafeRawBufferPointer
    var arguments: UnsafeRawBufferPointer
    var pages: [_InputPage] = []
    /// Those of a second collection.
    var otherPages: [_InputPage] = []
    var text: _TextWindow?
    var range: Range<Int> = 0..<0
    var sourceEnd = 0
    var leafBase = 0
    var path: String?
    /// Whether the loop may begin anywhere in its range.
    var isIndexed = false
    /// Whether positions are bytes of text.
    var isText = false
    /// Of the file at `path`.
    var version: UInt64 = 0
    var byteCount = 0
    /// Keeps alive what was copied, and mapped what was spilled.
    var owners: [AnyObject] = []

    /// Puts the inputs of a remote function together.
    init(call order: RunOrder, store: NodePages?) throws {
        unsafe fields = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe arguments = fields
        let resolver = ArgumentResolver(order: order, store: store)
        let lent = unsafe try resolver.lend(order.spec.arguments[...], keepingIn: &owners)
        unsafe arguments = lent
        byteCount = lent.count
    }

    /// Puts the inputs of a kernel together: fields, the note of its source, partial results.
    init(kernel order: RunOrder, store: NodePages?) throws {
        unsafe fields = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe arguments = fields
        guard order.spec.arguments.count >= 2 else {
            throw InputError(kind: .invalidGraph, message: "a loop needs its fields and its note")
        }
        let resolver = ArgumentResolver(order: order, store: store)
        unsafe fields = try resolver.lend(order.spec.arguments[..<1], keepingIn: &owners)
        unsafe arguments = try resolver.lend(order.spec.arguments[2...], keepingIn: &owners)
        let noteBytes = unsafe try resolver.lend(order.spec.arguments[1..<2], keepingIn: &owners)
        var reader = unsafe ValueReader(noteBytes)
        let note = try LoopNote(decoding: &reader)
        guard note.sourceEnd >= 0, (0..<Self.leavesMax).contains(note.leafBase) else {
            throw badRange(note.leafBase, note.sourceEnd)
        }
        sourceEnd = note.sourceEnd
        leafBase = note.leafBase
        unsafe byteCount = fields.count + arguments.count
        try takeSource(note, order: order, resolver: resolver)
    }

    private mutating func takeSource(
        _ note: LoopNote, order: RunOrder, resolver: ArgumentResolver
    ) throws {
        let lower = Int(order.spec.lower)
        let upper = Int(order.spec.upper)
        switch note.source {
        case .range, .pages: isIndexed = true
        case .text, .sentText: (isIndexed, isText) = (true, true)
        case .none, .wholePages, .zipped, .joined, .merged: break
        }
        switch note.source {
        case .none: break
        case .range:
            guard 0 <= lower, lower <= upper else { throw badRange(lower, upper) }
            range = lower..<upper
        case .pages(let counts):
            (pages, range) = try takePages(order.spec.pages, counts, resolver: resolver)
        case .wholePages(let counts):
            guard !counts.isEmpty else { throw badRange(-1, 0) }
            pages = try takePages(order.spec.pages, counts, resolver: resolver).pages
            range = counts.count - 1..<counts.count
        case .zipped(let counts, let others):
            try takeZipped(counts, others, order: order, resolver: resolver)
        case .joined(let counts, let partners):
            try takeJoined(counts, partners, order: order, resolver: resolver)
        case .merged(let counted, let start):
            try takeMerged(counted, from: start, order: order, resolver: resolver)
        case .text(let path, _, let version):
            guard 0 <= lower, lower <= upper, upper <= Self.positionsMax else {
                throw badRange(lower, upper)
            }
            range = lower..<upper
            self.path = path
            self.version = version
            byteCount += upper - lower
        case .sentText(let start):
            guard 0 <= start, start <= lower, lower <= upper, upper <= Self.positionsMax,
                let page = order.spec.pages.first
            else { throw badRange(lower, upper) }
            range = lower..<upper
            let bytes = unsafe try resolver.bytes(of: page, keepingIn: &owners)
            unsafe text = _TextWindow(bytes: bytes, start: start)
            byteCount += upper - lower
        }
    }

    /// Pages in order: how many elements each has stands in itself.
    private mutating func takeMerged(
        _ counted: Int, from start: Int, order: RunOrder, resolver: ArgumentResolver
    ) throws {
        guard (0...Self.positionsMax).contains(start) else { throw badRange(start, .max) }
        var first = start
        let begin = first
        for (place, page) in order.spec.pages.enumerated() {
            let bytes = unsafe try resolver.bytes(of: page, keepingIn: &owners)
            byteCount += bytes.count
            guard place < counted else {
                otherPages.append(unsafe _InputPage(bytes: bytes, firstElement: 0))
                continue
            }
            pages.append(unsafe _InputPage(bytes: bytes, firstElement: first))
            if unsafe bytes.isEmpty { continue }
            let header = unsafe try _PageHeader(reading: bytes)
            let (next, overflow) = first.addingReportingOverflow(header.count)
            guard !overflow, next <= Self.positionsMax else { throw badRange(begin, .max) }
            first = next
        }
        range = begin..<first
    }

    /// Positions of a source that is kept anywhere, and leaves: far beyond any, and so far below
    /// what an Int holds that loops add to them unchecked.
    private static let positionsMax = 1 << 60
    private static let leavesMax = 1 << 47

    private func badRange(_ lower: Int, _ upper: Int) -> InputError {
        InputError(kind: .invalidGraph, message: "a loop over \(lower)..<\(upper)")
    }

    /// The last so many counts are those of the pages; what comes before them stands in front.
    ///
    /// - Returns: those pages that have elements, and the indices of all elements.
    private mutating func takePages(
        _ tasks: [TaskID], _ counts: [Int], resolver: ArgumentResolver
    ) throws -> (pages: [_InputPage], range: Range<Int>) {
        let own = tasks.count
        guard counts.count >= own, counts.allSatisfy({ $0 >= 0 }),
            counts.clampedSum <= Self.positionsMax
        else {
            throw InputError(
                kind: .invalidGraph, message: "a loop over \(own) pages, counts missing")
        }
        var pages: [_InputPage] = []
        var first = counts.dropLast(own).reduce(0, +)
        let start = first
        for (page, count) in zip(tasks, counts.suffix(own)) {
            let bytes = unsafe try resolver.bytes(of: page, keepingIn: &owners)
            byteCount += bytes.count
            // A wrong count would be a wrong answer: elements left out, and nobody told.
            guard let header = unsafe try? _PageHeader(reading: bytes), header.count == count else {
                let text = "a page of a loop does not have the \(count) elements that were counted"
                throw InputError(kind: .invalidGraph, message: text)
            }
            if count > 0 { pages.append(unsafe _InputPage(bytes: bytes, firstElement: first)) }
            first += count
        }
        return (pages, start..<first)
    }

    /// The run's page and the pages of an index, and all pages of the other collection.
    private mutating func takeJoined(
        _ counts: [Int], _ partners: Int, order: RunOrder, resolver: ArgumentResolver
    ) throws {
        let tasks = order.spec.pages
        guard partners >= 0, partners < tasks.count else {
            throw InputError(kind: .invalidGraph, message: "a join without its pages")
        }
        (pages, range) = try takePages(Array(tasks.prefix(1)), counts, resolver: resolver)
        for (place, task) in tasks.enumerated().dropFirst() {
            let bytes = unsafe try resolver.bytes(of: task, keepingIn: &owners)
            byteCount += bytes.count
            let page = unsafe _InputPage(bytes: bytes, firstElement: 0)
            if place < tasks.count - partners {
                pages.append(page)
            } else {
                otherPages.append(page)
            }
        }
    }

    /// The run's page, and those of the other collection that have some of its indices.
    private mutating func takeZipped(
        _ counts: [Int], _ others: [Int], order: RunOrder, resolver: ArgumentResolver
    ) throws {
        let tasks = order.spec.pages
        let own: Range<Int>
        (pages, own) = try takePages(Array(tasks.prefix(1)), counts, resolver: resolver)
        let beside = tasks.count - 1
        guard beside >= 0, others.count >= beside, others.allSatisfy({ $0 >= 0 }),
            others.clampedSum <= Self.positionsMax
        else {
            throw InputError(
                kind: .invalidGraph, message: "a loop over two arrays, counts missing")
        }
        var first = others.dropLast(beside).reduce(0, +)
        for (place, count) in others.suffix(beside).enumerated() {
            if first < own.upperBound, first + count > own.lowerBound {
                otherPages += try takePages(
                    [tasks[place + 1]], [first, count], resolver: resolver
                ).pages
            }
            first += count
        }
        range = own.lowerBound..<max(own.lowerBound, min(own.upperBound, first))
    }
}

extension InputError {
    /// What a file's error means for the run.
    init(_ error: StorageError) {
        message = error.description
        switch error {
        case .missing: kind = .sourceMissing
        case .denied, .writeDenied: kind = .sourceDenied
        case .changed: kind = .sourceChanged
        case .file, .system, .database, .unwritable: kind = .sourceFailed
        case .spill: kind = .lost
        }
    }
}

/// Evaluates arguments.
struct ArgumentResolver {
    let order: RunOrder
    /// Nil where all inputs come with the order.
    let store: NodePages?
    /// Places of the inputs by task: one run may have 100,000.
    private let places: [TaskID: Int]

    init(order: RunOrder, store: NodePages?) {
        self.order = order
        self.store = store
        places = Dictionary(
            order.inputs.enumerated().map { ($1.task, $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// The arguments' bytes one after the other: lent in place when they lie in one piece, else
    /// copied.
    func lend(
        _ arguments: ArraySlice<Argument>, keepingIn owners: inout [AnyObject]
    ) throws -> UnsafeRawBufferPointer {
        if arguments.count == 1, case .output(let task)? = arguments.first {
            return unsafe try bytes(of: task, keepingIn: &owners)
        }
        var bytes: [UInt8] = []
        for argument in arguments { try append(argument, to: &bytes) }
        let memory = RunBytes(bytes)
        owners.append(memory)
        return unsafe memory.readable
    }

    /// The bytes of an input.
    func bytes(
        of task: TaskID, keepingIn owners: inout [AnyObject]
    ) throws -> UnsafeRawBufferPointer {
        switch try source(of: task) {
        case .inline(let bytes):
            let memory = RunBytes(bytes)
            owners.append(memory)
            return unsafe memory.readable
        case .extent(let extent):
            return unsafe try stored(task).bytes(of: extent, task, keepingIn: &owners)
        }
    }

    private func source(of task: TaskID) throws -> RunInputSource {
        guard let place = places[task] else {
            throw InputError(kind: .invalidGraph, message: "its input \(task) was not delivered")
        }
        return order.inputs[place].source
    }

    private func stored(_ task: TaskID) throws -> NodePages {
        if let store { return store }
        throw InputError(kind: .invalidGraph, message: "its input \(task) lies on no node")
    }

    private func append(_ argument: Argument, to bytes: inout [UInt8]) throws {
        switch argument {
        case .bytes(let own): bytes.append(contentsOf: own)
        case .sequence(let parts): for part in parts { try append(part, to: &bytes) }
        case .output(let task):
            switch try source(of: task) {
            case .inline(let own): bytes.append(contentsOf: own)
            case .extent(let extent):
                var owners: [AnyObject] = []
                let own = unsafe try stored(task).bytes(
                    of: extent, task, keepingIn: &owners)
                withExtendedLifetime(owners) { unsafe bytes.append(contentsOf: own) }
            }
        case .operation(let operation, let operands, let operandType, let resultType):
            var scalars: [Scalar] = []
            for operand in operands {
                var own: [UInt8] = []
                try append(operand, to: &own)
                guard let scalar = Scalar(decoding: own, as: operandType) else {
                    let text = "\(own.count) bytes are no \(operandType)"
                    throw InputError(kind: .undecodable, message: text)
                }
                scalars.append(scalar)
            }
            do throws(ScalarError) {
                let result = try operation.apply(scalars, resultType: resultType)
                bytes.append(contentsOf: result.encoded)
            } catch {
                throw InputError(kind: .thrown, message: error.message)
            }
        }
    }
}
